"""How much a function may take, and what it may import. Standard library alone: warm processes read it, too."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a function gets; times are for its definition and for each call."""

    cpu_seconds: float = 1.0
    """Seconds of CPU, as its process's clock has them."""
    wall_seconds: float = 5.0
    """Seconds on the clock (published: 5), for what waits instead of computing."""
    memory_bytes: int = 256 * 2**20
    """Bytes of address space beside what the warm process had before."""
    function_bytes: int = 2**16
    """Bytes of its source; a longer one is not run."""
    response_bytes: int = 2**20
    """Bytes of a response; a longer one is not looked at."""
    most_timeouts: int = 5
    """How often it may run out of time in a batch; after that it is not asked about the rest."""


MODULES = (
    *("abc", "array", "ast", "base64", "binascii", "bisect", "calendar", "cmath", "codecs", "collections"),
    *("collections.abc", "colorsys", "contextlib", "copy", "csv", "dataclasses", "datetime", "decimal", "difflib"),
    *("enum", "fnmatch", "fractions", "functools", "hashlib", "heapq", "html", "html.parser", "inspect", "io"),
    *("ipaddress", "itertools", "json", "keyword", "locale", "logging", "math", "numbers", "operator", "os"),
    *("pathlib", "pprint", "queue", "random", "re", "secrets", "shlex", "signal", "statistics", "string", "struct"),
    *("sys", "textwrap", "threading", "time", "timeit", "tokenize", "traceback", "types", "typing", "unicodedata"),
    *("urllib.parse", "uuid", "warnings", "xml.etree.ElementTree", "zlib"),
    *("_strptime", "_pydecimal", "encodings.ascii", "encodings.cp1252", "encodings.idna", "encodings.iso8859_1"),
    *("encodings.iso8859_15", "encodings.latin_1", "encodings.punycode", "encodings.rot_13", "encodings.utf_16"),
    *("encodings.utf_16_be", "encodings.utf_16_le", "encodings.utf_32", "encodings.utf_32_be", "encodings.utf_32_le"),
    *("encodings.utf_7", "encodings.utf_8_sig", "encodings.unicode_escape", "stringprep"),
)
"""What a function may import: these are imported before it is confined, since no file can be opened afterwards.

The last four lines are what others import only when they are used.
"""
