"""Rows by id that lie on disk and not in memory, for steps that need any of a million at any time."""

import json
import os
import tempfile
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.lib.rows.files import naming
from scripts.lib.rows.jsonl import Row, json_line


class RowsOnDisk(Mapping[str, Row]):
    """Rows by id, in a file without a name that ends with the process, whatever ends it.

    In memory are the ids alone. The file lies in `folder`, or where the system keeps temporary files (TMPDIR).
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = Path(tempfile.gettempdir()) if folder is None else folder
        with naming(self._folder):
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - open as long as the rows
        self._places: dict[str, int] = {}
        self._ends = array("Q", [0])
        self._is_written = True

    def put(self, identity: str, row: Row) -> None:
        """Put a row there, in place of an earlier one of this id."""
        line = json_line(row).encode()
        with naming(self._folder):
            self._file.write(line)
        self._places[identity] = len(self._ends) - 1
        self._ends.append(self._ends[-1] + len(line))
        self._is_written = False

    def __getitem__(self, identity: str) -> Row:
        place = self._places[identity]
        if not self._is_written:
            with naming(self._folder):
                self._file.flush()
            self._is_written = True
        start, end = self._ends[place], self._ends[place + 1]
        row: Row = json.loads(os.pread(self._file.fileno(), end - start, start))
        return row

    def __contains__(self, identity: object) -> bool:
        return identity in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
