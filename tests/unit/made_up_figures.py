"""Figures drawn by their commands from made-up inputs, and what comes of them."""

import csv
from types import SimpleNamespace

from scripts.lib.rows.files import write_json

PICTURES = ("svg", "pdf", "png")


def drawn(module, folder, *options, name="figure"):
    """Run the command of a figure; return its caption, the cells of its tables, its numbers and its pictures' bytes."""
    files = {form: folder / f"{name}.{form}" for form in (*PICTURES, "csv", "md")}
    outputs = ["--pictures", *(files[form] for form in PICTURES), "--output", files["csv"], "--table", files["md"]]
    module.main(module.parser().parse_args([str(text) for text in (*options, *outputs)]))
    caption, _, tables = files["md"].read_text().partition("\n\n")
    with files["csv"].open() as stream:
        numbers = list(csv.DictReader(stream))
    pictures = {form: files[form].read_bytes() for form in PICTURES}
    return SimpleNamespace(caption=caption, tables=cells(tables), numbers=numbers, pictures=pictures)


def cells(text):
    """The texts of tables' cells: {title of the first column: {name of the line: {column: cell}}}.

    A line is named by its first cell, or by its first two where the second column is the iteration.
    """
    found = {}
    for block in text.strip().split("\n\n"):
        header, _, *lines = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in block.split("\n")]
        named = 2 if header[1:2] == ["iteration"] else 1
        found[header[0]] = {
            ", ".join(line[:named]): dict(zip(header[named:], line[named:], strict=True)) for line in lines
        }
    return found


def summary_files(summaries, folder, tasks=500):
    """Write summaries, whose accuracies are over so many tasks."""
    files = [folder / f"summary{number}.json" for number in range(len(summaries))]
    for file, each in zip(files, summaries, strict=True):
        for result in each["held_out"]:
            for measure in ("strict", "first_line"):
                result[measure]["total"] = tasks
        write_json(file, each)
    return files
