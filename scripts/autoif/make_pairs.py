"""Pair answers that follow their instruction with answers to the same prompt that do not, to train preferences on.

    python -m scripts.autoif.make_pairs --kept rule_filtered.jsonl --rejected-answers rule_rejected.jsonl \\
        --output pairs.jsonl --rejected pairs_rejected.jsonl

A pair has the instruction, `output`, the chosen answer, and `rejected_output`. An answer is chosen by its `accuracy`;
one whose functions all say that it does not follow is rejected; the bar is not that by which answers are kept, so both
files are read. Up to --most of each side are drawn, and all combinations of these are pairs. With --cases, the test
cases of functions are answers to their bare instruction, too, verified here in the sandbox. Published rows (query, and
in response a list of [answer, accuracy]) need no other file. Of counts, `in` is pairs and answers that are in none.
"""

import argparse
import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from scripts.autoif.function_rows import read_functions
from scripts.autoif.joining import as_sentence
from scripts.autoif.pairing import Pairing, by_prompt, paired
from scripts.autoif.published import published_verified
from scripts.autoif.settings import Pairs
from scripts.autoif.verification import in_groups, verified
from scripts.lib import cli
from scripts.lib.config.options import Count, add_options, checked
from scripts.lib.config.sections import Run
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, check_texts, placed_rows
from scripts.lib.rows.sifting import sift_judged
from scripts.lib.rows.strict_json import shown
from scripts.lib.rows.verdicts import restored
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.lib.sandbox.running import Sandbox


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--kept", type=INPUT, required=True, help="answers that verification kept, or published rows")
    add("--rejected-answers", type=INPUT, help="answers that it rejected")
    add("--cases", type=INPUT, help="functions with their test cases, to make pairs of these, too")
    add_options(parser, Pairs, "chosen", "bar", "most")
    add_options(parser, Run, "seed")
    add("--workers", type=checked(Count), help="processes side by side for --cases (default: one for each core)")
    add("--output", type=OUTPUT, required=True, help="pairs to write")
    add("--rejected", type=OUTPUT, required=True, help="answers that are in no pair, each with the reason")
    add("--counts", type=OUTPUT, help="write how many pairs there are, and answers that are in none, as JSON")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the pairs of each prompt, and the answers that are in none."""
    pairing = Pairing(args.chosen, args.bar, args.most, args.seed)
    sources = [file for file in (args.kept, args.rejected_answers, args.cases) if file is not None]
    with contextlib.ExitStack() as stack:
        cases = case_answers(args.cases, stack.enter_context(Sandbox(workers=args.workers))) if args.cases else ()
        answers = chain(kept_answers(args.kept), rejected_answers(args.rejected_answers), cases)
        judged = (each for together in by_prompt(answers) for each in paired(of_one_prompt(together, sources), pairing))
        sift_judged(args, judged, sources=sources)


def kept_answers(path: Path) -> Iterator[Row]:
    """Yield the answers that verification kept, or those of published rows."""
    for place, row in placed_rows(path):
        if isinstance(row.get("response"), list):
            yield from published_verified(row, place)
        else:
            yield checked_answer(row, place)


def rejected_answers(path: Path | None) -> Iterator[Row]:
    """Yield the answers that verification rejected, as they were before."""
    for place, row in placed_rows(path) if path is not None else ():
        yield checked_answer(restored(row, place), place)


def checked_answer(row: Row, place: str) -> Row:
    """Return an answer; raises UserError, led by its place, unless it has its prompt and an accuracy, or null."""
    row.setdefault("input", "")
    check_texts(row, place, "instruction", "input", "output", "prompt_id")
    accuracy = row.get("accuracy", "missing")
    is_number = isinstance(accuracy, int | float) and not isinstance(accuracy, bool) and 0 <= accuracy <= 1
    if accuracy is not None and not is_number:
        raise UserError(
            f"{place} (id {row['id']!r}): 'accuracy' must be a number from 0 to 1, or null, but is {shown(accuracy)}; "
            "verify the answers first"
        )
    return row


def of_one_prompt(answers: list[Row], sources: Sequence[Path]) -> list[Row]:
    """Return the answers to a prompt; raises UserError, naming all files, if they are of several verifications."""
    first, *others = answers
    for row in others:
        if any(row[field] != first[field] for field in ("instruction", "input")):
            raise UserError(
                f"{', '.join(map(str, sources))}: {first['id']!r} and {row['id']!r} have one prompt_id, but were asked "
                "different things; give the files of one verification"
            )
    name, times = Counter(row["id"] for row in answers).most_common(1)[0]
    if times > 1:
        raise UserError(
            f"{', '.join(map(str, sources))}: the answer {name!r} is in two files; give the files of one verification"
        )
    return answers


def case_answers(path: Path, sandbox: Sandbox) -> Iterator[Row]:
    """Yield the test cases of each instruction's functions as verified answers to the instruction alone."""
    functions: dict[str, list[str]] = {}

    def answers() -> Iterator[Row]:
        found = False
        for rows in read_functions(path):
            found = True
            name, instruction = rows[0]["instruction_id"], rows[0]["instruction"]
            functions[name] = [row["function"] for row in rows]
            for number, case in enumerate(rows[0]["cases"], start=1):
                yield {
                    "id": f"{name}/case-{number}",
                    "instruction": as_sentence(instruction),
                    "input": "",
                    "output": case["input"],
                    "prompt_id": name,
                    "constraint": instruction,
                    "constraint_id": name,
                    "made_by": rows[0].get("made_by"),
                }

        if not found:
            raise UserError(f"{path}: there are no functions in this file; give functions with cases, or no --cases")

    return verified(in_groups(answers(), functions.pop), sandbox, Counter())


if __name__ == "__main__":
    cli.run(main, parser())
