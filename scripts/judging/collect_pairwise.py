"""Put a judge's verdicts beside answers and reference answers, and say how often the answers win.

    python -m scripts.judging.collect_pairwise --input answered.jsonl --method labels \\
        --completions completions_1_of_1.jsonl --output pairwise.jsonl --results pairwise.json
"""

import argparse
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from scripts.judging.intervals import length_controlled, mean_of, share_of
from scripts.judging.pairwise import ANSWER, REFERENCE, SHAPES, SIDES, TIE, judged, side_of, verdict_key
from scripts.judging.settings import Pairwise
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.engines.gather import completion_of, gather
from scripts.lib.rows.files import write_json
from scripts.lib.rows.jsonl import Row, read_text_rows, write_rows
from scripts.lib.rows.makers import made_by
from scripts.lib.run.claims import INPUT, OUTPUT

log = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, required=True, help="the rows that were judged")
    add("--completions", type=INPUT, nargs="+", required=True, help="what the judge said, one file per shard")
    add_options(parser, Pairwise, "method", "minimum_mass")
    add("--output", type=OUTPUT, required=True, help="rows to write, with both verdicts and what is preferred")
    add("--results", type=OUTPUT, required=True, help="JSON file for the win rates")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write every question with its verdicts, and the win rates of all."""
    rows = list(with_verdicts(args))
    found = {"method": args.method, **win_rates(rows)}
    if args.method == "labels":
        found |= order_effects(rows)
    if found["unreadable"]:
        log.info("%d of %d questions have a verdict that could not be read", found["unreadable"], len(rows))
    write_rows(args.output, rows)
    write_json(args.results, found)
    cli.say_where(args.results, f"{found['wins']} wins, {found['ties']} ties, {found['losses']} losses")


def with_verdicts(args: argparse.Namespace) -> Iterator[Row]:
    """Yield every question with its verdicts and with what made them; raises UserError if one is missing."""
    completions = gather(args.completions, SHAPES[args.method])
    for row in read_text_rows(args.input, "instruction", "input", "reference", "output"):
        found = {
            side: completion_of(completions, verdict_key(row["id"], side), args.completions)
            for side in SIDES[args.method]
        }
        said = judged(args.method, found, args.minimum_mass)
        maker = next(iter(found.values()))["made_by"]
        yield {
            **row,
            "verdicts": said.verdicts,
            "preference": said.preference,
            "preferred": said.preferred,
            "made_by": made_by(row, "verdicts", maker, str(args.input)),
        }


def win_rates(rows: Sequence[Row]) -> dict[str, Any]:
    """Return wins, ties and losses, the win rate (a tie is half a win), the weighted and the length-controlled one."""
    readable = [row for row in rows if row["preference"] is not None]
    number = Counter(row["preferred"] for row in readable)
    preferences = [row["preference"] for row in readable]
    lengths = {side: [len(row[field]) for row in readable] for side, field in ((ANSWER, "output"), (REFERENCE,) * 2)}
    longer_by = [one - other for one, other in zip(*lengths.values(), strict=True)]
    return {
        "questions": len(rows),
        "unreadable": len(rows) - len(readable),
        "wins": number[ANSWER],
        "ties": number[TIE],
        "losses": number[REFERENCE],
        "win_rate": share_of(number[ANSWER] + number[TIE] / 2, len(readable)),
        "weighted_win_rate": mean_of(preferences, 0.0, 1.0),
        "length_controlled_win_rate": length_controlled(preferences, longer_by),
        "characters": {side: mean_of(values, 0.0, float("inf")) for side, values in lengths.items()},
        "cut_off": sum(row.get("finish_reason") == "length" for row in rows),
    }


def order_effects(rows: Sequence[Row]) -> dict[str, Any]:
    """Return how often both orders of a pair prefer the same, and how often what stands first is preferred."""
    pairs = [[verdict["preference"] for verdict in row["verdicts"].values()] for row in rows]
    read = [[side_of(preference) for preference in pair] for pair in pairs if None not in pair]
    # The answer stands first in the first order, and the reference in the second.
    first = [side == standing for pair in read for side, standing in zip(pair, (ANSWER, REFERENCE), strict=True)]
    decided = sum(side != TIE for pair in read for side in pair)
    return {
        "agreement_of_orders": share_of(sum(one == other for one, other in read), len(read)),
        "first_preferred": share_of(sum(first), decided),
    }


if __name__ == "__main__":
    cli.run(main, parser())
