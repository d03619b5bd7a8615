"""Summaries of models that were never trained, as they are compared, and the command that compares them."""

from scripts.report import compare

STAGES = {"prompts": 240, "rule_filtered": 200, "score_filtered": 50}


def accuracy(share):
    return {"accuracy": share, "interval": [round(share - 0.04, 4), round(share + 0.04, 4)]}


def grades(share):
    return {"strict": accuracy(share), "first_line": accuracy(share)}


def held_out(shares, base=0.3):
    """The results of a base model in both formats, and of the iterations that follow it."""
    measured = [(0, "base", 0.2), (0, "chat", base), *((number, "chat", each) for number, each in enumerate(shares, 1))]
    return [
        {
            "iteration": number,
            "format": name,
            **grades(share),
            "families": {"plural": share},
            "strictly_right": [f"task-{task}" for task in range(round(100 * share))],
        }
        for number, name, share in measured
    ]


ENGRAVING = {(0, "base"): 0.1, (0, "chat"): 0.2, (0, "principles"): 0.6, (1, "chat"): 0.5, (2, "chat"): 0.4}
"""A share for each model that SELF-ALIGN measures."""


def measures(honest, words):
    """What a grader writes beside accuracies: a share and a length."""
    return {
        "honest": {
            **{"title": "honest where there is no answer", "value": honest, "total": 90, "unit": "share"},
            "interval": [round(honest - 0.1, 4), round(honest + 0.1, 4)],
        },
        "words": {
            **{"title": "length of replies", "value": words, "total": 500, "unit": "words"},
            "interval": [words - 1, words + 1],
        },
    }


def measured(seed, shares=ENGRAVING, arm="whole"):
    """A model of SELF-ALIGN whose grader gave further measures: these shares, and a word more for each model."""
    results = [
        {"iteration": number, "format": name, **grades(0.5), "families": {}, "measures": measures(share, 3.0 + place)}
        for place, ((number, name), share) in enumerate(shares.items())
    ]
    named = [iteration(1, label="engraved"), iteration(2, label="verbose")]
    return summary(arm, seed, recipe="self_align", iterations=named, held_out=results)


def iteration(number, stages=STAGES, **values):
    """An iteration whose last two stages were graded: 20 % and 50 % of their rows are right."""
    graded = {name: {"right": grades(share)} for name, share in zip(list(stages)[-2:], (0.2, 0.5), strict=True)}
    return {
        "iteration": number,
        "label": f"iter{number}",
        "stages": [
            {"name": name, "title": f"the {name}", "rows": rows, **graded.get(name, {})}
            for name, rows in stages.items()
        ],
        "mean_scores": {"quality": 7.0 + number},
        "loss": {"training": 0.5 / number, "validation": 0.75},
        "shared_with": {},
        **values,
    }


def summary(arm, seed, shares=(0.4,), base=0.3, **values):
    """A model that answers these shares of the held-out tasks after its iterations."""
    return {
        "model": f"model of {arm} with seed {seed}",
        "recipe": "isheep",
        "arm": arm,
        "seed": seed,
        "iterations": [iteration(number) for number in range(1, len(shares) + 1)],
        "held_out": held_out(shares, base),
        **values,
    }


def untested(arm, seed, **values):
    """A model without held-out tasks, and so without graded rows."""
    found = summary(arm, seed, held_out=[], **values)
    for stage in (stage for each in found["iterations"] for stage in each["stages"]):
        stage.pop("right", None)
    return found


def run_on(files, folder):
    outputs = {"--output": "comparison.json", "--table": "comparison.md", "--picture": "comparison.png"}
    options = [text for option, name in outputs.items() for text in (option, str(folder / name))]
    compare.main(compare.parser().parse_args(["--summaries", *map(str, files), *options]))


def share(title, value, **about):
    """A score that is a share of 20 documents or questions."""
    interval = [round(value - 0.1, 4), round(value + 0.1, 4)]
    return {"title": title, "value": value, "interval": interval, "total": 20, "unit": "share", **about}


def benchmark(number, format_name, value):
    """What a benchmark says of the model of an iteration."""
    scores = [share("riddles (3-shot): acc", value, higher_is_better=True)]
    return {"iteration": number, "format": format_name, "scores": scores}


def judged(number, win_rate, points):
    """What a judge says of it, in pairs and over two turns."""
    pairs = [
        share("win rate against references", win_rate, higher_is_better=True),
        share("agreement of the judge's two orders", 0.7, of_model=False),
    ]
    turns = {"title": "score over two turns", "value": points, "interval": None, "total": 5, "unit": "points"}
    about = {"iteration": number, "format": "chat"}
    return [{**about, "scores": pairs, "unreadable": number}, {**about, "scores": [turns]}]


def scored(arm, seed, right, win_rates):
    """A model without held-out tasks that a benchmark asked and a judge read, the base model's values first."""
    return untested(
        arm,
        seed,
        shares=right[1:],
        benchmarks=[benchmark(number, "chat" if number else "base", value) for number, value in enumerate(right)],
        judged=[each for number, value in enumerate(win_rates) for each in judged(number, value, 4.0 + number + seed)],
    )
