"""Put a judge's scores beside the answers of both turns, and say their means by turn and category.

    python -m scripts.judging.collect_two_turns --questions config/questions/two_turns.jsonl \\
        --answers turns_1/completions_1_of_1.jsonl turns_2/completions_1_of_1.jsonl \\
        --completions turn_scores/completions_1_of_1.jsonl --output two_turns.jsonl --results two_turns.json
"""

import argparse
import logging
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Any

from scripts.judging.intervals import mean_of
from scripts.judging.settings import TwoTurns
from scripts.judging.single import TURNS, read_questions, turn_key
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.engines.gather import SCORED, WRITTEN, completion_of, gather
from scripts.lib.engines.scores import HIGHEST_SCORE, expected_score
from scripts.lib.rows.files import write_json
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.run.claims import INPUT, OUTPUT

log = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--questions", type=INPUT, required=True, help="the questions that were asked")
    add("--answers", type=INPUT, nargs="+", required=True, help="completions of both turns, of all shards")
    add("--completions", type=INPUT, nargs="+", required=True, help="what the judge said, one file per shard")
    add_options(parser, TwoTurns, "minimum_mass")
    add("--output", type=OUTPUT, required=True, help="rows to write, with both answers and scores")
    add("--results", type=OUTPUT, required=True, help="JSON file for the means")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write every question with its answers and scores, and the means."""
    rows = list(scored(args))
    unreadable = sum(score is None for row in rows for score in row["scores"])
    if unreadable:
        log.info("%d of %d scores could not be read", unreadable, len(rows) * len(TURNS))
    categories = sorted({row["category"] for row in rows})
    found = {
        "questions": len(rows),
        "unreadable": unreadable,
        "cut_off": sum(reason == "length" for row in rows for reason in row["finish_reasons"]),
        **means(rows),
        "categories": {name: means([row for row in rows if row["category"] == name]) for name in categories},
    }
    write_rows(args.output, rows)
    write_json(args.results, found)
    cli.say_where(args.results, f"mean score {found['score']['mean']} of {len(rows)} questions")


def scored(args: argparse.Namespace) -> Iterator[Row]:
    """Yield every question with answers, scores (null where unreadable), and what made them."""
    written, said = gather(args.answers, WRITTEN), gather(args.completions, SCORED)
    for question in read_questions(args.questions):
        keys = [turn_key(question["id"], turn) for turn in TURNS]
        answers = [completion_of(written, key, args.answers) for key in keys]
        verdicts = [completion_of(said, key, args.completions) for key in keys]
        yield {
            **question,
            "outputs": [answer["text"] for answer in answers],
            "finish_reasons": [answer["finish_reason"] for answer in answers],
            "scores": [expected_score(verdict["probabilities"], args.minimum_mass) for verdict in verdicts],
            "probabilities": [verdict["probabilities"] for verdict in verdicts],
            "made_by": {"outputs": answers[0]["made_by"], "scores": verdicts[0]["made_by"]},
        }


def means(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the mean score, by question (its readable turns together), and that of each turn."""
    by_turn = {turn: [row["scores"][turn - 1] for row in rows] for turn in TURNS}
    by_question = [[score for score in row["scores"] if score is not None] for row in rows]
    return {
        "score": _mean([fmean(scores) for scores in by_question if scores]),
        "turns": {str(turn): _mean(scores) for turn, scores in by_turn.items()},
    }


def _mean(scores: Sequence[float | None]) -> dict[str, Any]:
    return mean_of([score for score in scores if score is not None], 1.0, HIGHEST_SCORE)


if __name__ == "__main__":
    cli.run(main, parser())
