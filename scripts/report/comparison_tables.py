"""The tables of a comparison, in Markdown that can be read as it stands: a column for each arm."""

from collections.abc import Callable, Iterator, Sequence

from tabulate import tabulate

from scripts.lib.config.recipe import FORMATS
from scripts.report.benchmarks import KINDS
from scripts.report.comparison import MEASURES, Numbers
from scripts.report.comparison_benchmarks import SCORE_TABLES
from scripts.report.over_seeds import Row
from scripts.report.summaries import CHAT

FAIR_BASELINE = f"base, {FORMATS[CHAT]}"
"""Most of what the first iteration changes is that the model stops; the chat format alone shows how much of it."""
SIGNIFICANT = 0.05
NOTHING = "-"
STEP = "added to the iteration before"

Cells = dict[tuple[str, str], str]
"""The text of each cell, by the name of its line and by its arm."""


def as_markdown(numbers: Numbers) -> str:
    """Return the tables, with what is to be known of them in front; a table without numbers is left out."""
    tables = Tables(numbers)
    parts = [
        *notes(numbers),
        tables.arms(),
        *tables.held_out(),
        *tables.changes("gain", f"above {FAIR_BASELINE}"),
        *tables.changes("step", STEP),
        *tables.differences(),
        *tables.measures(),
        *tables.measure_changes("measure_gain", f"difference to {FAIR_BASELINE}"),
        *tables.measure_changes("measure_step", "difference to the model measured before"),
        *tables.benchmarks(),
        *tables.right(),
        *tables.by_iteration("rows", "rows", "stage", digits=0),
        *tables.by_iteration("mean score", "score", "criterion", digits=2),
        *tables.by_iteration("loss", "loss", "kind", digits=3),
        *tables.families(),
    ]
    return "\n\n".join(parts) + "\n"


def notes(numbers: Numbers) -> Iterator[str]:
    """Yield what the numbers mean, a paragraph each; what does not apply to these is not said."""
    if any(len(row["models"]) > 1 for row in numbers["arms"]):
        yield "± is half the 95 % t interval over the seeds of an arm; (n = …) counts them where some have no value."
    else:
        yield "Every arm has one seed: there are no intervals, and no difference can be told from chance."
    if numbers["base"]:
        yield (
            "All models answer the same held-out tasks. The interval of a base model is the Wilson interval over "
            "these; in all other numbers its accuracy is taken as exact."
        )
    if numbers["measures"]:
        yield (
            "A further measure of a base model that is the same for every seed has its interval over the tasks, too; "
            "differences take it as exact. Those between models of one arm are paired by seed."
        )
    if any(row["interval"] is not None for row in numbers["benchmark"]):
        yield (
            "A base model's interval on benchmarks, or as judged, is over their documents or questions where it is "
            "the same model for every seed; differences take it as exact."
        )
    if any(not row["asked_alike"] for row in numbers["benchmarks"]):
        yield (
            "Benchmarks ask base models in plain text and trained ones in chats (evaluation.format: auto): what they "
            "differ by is partly that."
        )
    tested = (
        *("gain", "step", "difference", "measure_gain", "measure_step"),
        *SCORE_TABLES,
    )
    if any(row.get("p") is not None for table in tested for row in numbers[table]):
        yield (
            "Differences between arms are paired by seed. No p value is corrected for how many there are: "
            "one in twenty is below 0.05 by chance."
        )
    if differing := dict.fromkeys(row["arm"] for row in numbers["base"] if len(row["results"]) > 1):
        yield (
            f"The models of {', '.join(differing)} come from different base models: lowest and highest stand in the "
            "table, and each model is compared with its own."
        )
    if _arms_differ(numbers["base"]):
        yield "Not all arms come from the same base model: a difference between arms is also one between their bases."


def _arms_differ(base: Sequence[Row]) -> bool:
    """Return whether arms that were measured in the same format start from different results."""
    seen: dict[tuple[str, str], list[Row]] = {}
    return any(seen.setdefault((row["measure"], row["format"]), row["results"]) != row["results"] for row in base)


class Tables:
    """The tables of a comparison: their arms are the columns, and the names of iterations and stages are shared."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._models = {row["arm"]: len(row["models"]) for row in numbers["arms"]}
        self._labels = {row["iteration"]: row["label"] for row in numbers["iterations"]}
        self._titles = {row["stage"]: row["title"] for row in numbers["stages"]}

    def arms(self) -> str:
        """Return which models are compared."""
        columns = ("recipes", "seeds", "iterations")
        lines = [[row["arm"], *(", ".join(map(str, row[name])) for name in columns)] for row in self._numbers["arms"]]
        return _table(["arm", "recipe", "seeds", "iterations"], lines)

    def held_out(self) -> Iterator[str]:
        """Yield the held-out accuracies, the base model's first, in a table for each measure."""
        for measure, title in MEASURES.items():
            base = [row for row in self._numbers["base"] if row["measure"] == measure]
            trained = [row for row in self._numbers["accuracy"] if row["measure"] == measure]
            cells = {(row["measured"], row["arm"]): _base(row["results"]) for row in base}
            yield from self._by_arm(f"held-out, {title}", cells | self._cells(trained, self._label, _share))

    def changes(self, table: str, title: str) -> Iterator[str]:
        """Yield differences of accuracies within arms, in a table for each measure."""
        for measure, of_measure in MEASURES.items():
            rows = [row for row in self._numbers[table] if row["measure"] == measure]
            yield from self._by_arm(f"{title}, {of_measure}", self._cells(rows, self._label, _change))

    def differences(self) -> Iterator[str]:
        """Yield the differences between arms, a line for each pair of them and iteration."""
        pairs: dict[tuple[int, str, str], list[Row]] = {}
        for row in self._numbers["difference"]:
            pairs.setdefault((row["iteration"], row["first"], row["second"]), []).append(row)
        lines = [
            [f"{self._labels[iteration]}: {first} − {second}", str(rows[0]["seeds"]), *map(_change, rows)]
            for (iteration, first, second), rows in pairs.items()
        ]
        if lines:
            yield _table(["difference between arms", "seeds of both", *MEASURES.values()], lines)

    def measures(self) -> Iterator[str]:
        """Yield the further measures of graders, a line for each measured model, in a table for each."""
        for measure, title, shares in self._measures():
            rows = [row for row in self._numbers["measure"] if row["measure"] == measure]
            cells = self._cells(rows, _measured, _share if shares else lambda row: _number(row, 1))
            over_tasks = {
                (_measured(row), row["arm"]): _with_interval(row["mean"], row["interval"], shares)
                for row in rows
                if row["interval"] is not None
            }
            yield from self._by_arm(f"held-out, {title}", cells | over_tasks)

    def measure_changes(self, table: str, title: str) -> Iterator[str]:
        """Yield differences of further measures within arms, in a table for each measure."""
        for measure, of_measure, shares in self._measures():
            rows = [row for row in self._numbers[table] if row["measure"] == measure]
            cells = self._cells(rows, _compared, _change if shares else lambda row: _change(row, times=1))
            yield from self._by_arm(f"{title}, {of_measure}", cells)

    def benchmarks(self) -> Iterator[str]:
        """Yield the scores of benchmarks and those that a judge gives, and how models differ in them."""
        for kind, title in KINDS.items():
            of_kind = {table: [row for row in self._numbers[table] if row["kind"] == kind] for table in SCORE_TABLES}
            yield from self._by_arm(title, self._cells(of_kind["benchmark"], _scored(_measured), _score))
            gains, steps = of_kind["benchmark_gain"], of_kind["benchmark_step"]
            yield from self._by_arm(f"{title}, above the base", self._cells(gains, _scored(_compared), _score_change))
            yield from self._by_arm(f"{title}, {STEP}", self._cells(steps, _scored(self._label), _score_change))
            lines = [
                [
                    f"{_scored(self._label)(row)}: {row['first']} − {row['second']}",
                    str(row["seeds"]),
                    _score_change(row),
                ]
                for row in of_kind["benchmark_difference"]
            ]
            if lines:
                yield _table([f"{title}, difference between arms", "seeds of both", "difference"], lines)

    def right(self) -> Iterator[str]:
        """Yield the share of right rows, in a table for each stage that was graded."""
        for stage, title in self._titles.items():
            rows = [row for row in self._numbers["right"] if row["stage"] == stage]
            yield from self._by_arm(f"strictly right rows: {title}", self._cells(rows, self._label, _share))

    def by_iteration(self, title: str, table: str, what: str, digits: int) -> Iterator[str]:
        """Yield the table of a quantity that has several values in each iteration, such as one for each stage."""
        titles = self._titles if what == "stage" else {}

        def name(row: Row) -> str:
            return f"{self._label(row)}: {titles.get(row[what], row[what])}"

        cells = self._cells(self._numbers[table], name, lambda row: _number(row, digits))
        yield from self._by_arm(title, cells)

    def families(self) -> Iterator[str]:
        """Yield the accuracy by family of tasks: of the base model, and of the last one of each arm."""
        ends: dict[tuple[str, str], dict[bool, str]] = {}
        for row in self._numbers["family"]:
            ends.setdefault((row["family"], row["arm"]), {})[row["iteration"] > 0] = f"{row['mean']:.0%}"
        cells = {key: f"{end.get(False, NOTHING)} → {end[True]}" for key, end in ends.items() if True in end}
        yield from self._by_arm(f"family, strictly right: {FAIR_BASELINE} → last iteration", cells)

    def _measures(self) -> Iterator[tuple[str, str, bool]]:
        """Yield each further measure with its title, and whether it is a share."""
        for row in self._numbers["measures"]:
            yield row["measure"], row["title"], row["unit"] == "share"

    def _label(self, row: Row) -> str:
        return self._labels[row["iteration"]]

    def _cells(self, rows: Sequence[Row], name: Callable[[Row], str], text: Callable[[Row], str]) -> Cells:
        """Return the cells of rows, each with its number of seeds if its arm has more."""
        return {
            (name(row), row["arm"]): text(row)
            + (f" (n = {row['seeds']})" if row["seeds"] < self._models[row["arm"]] else "")
            for row in rows
        }

    def _by_arm(self, title: str, cells: Cells) -> Iterator[str]:
        names = dict.fromkeys(name for name, _ in cells)
        lines = [[name, *(cells.get((name, arm), NOTHING) for arm in self._models)] for name in names]
        if lines:
            yield _table([title, *self._models], lines)


def _table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in (header, *lines)]
    return tabulate(escaped[1:], escaped[0], tablefmt="github", disable_numparse=True)


def _measured(row: Row) -> str:
    return str(row["measured"])


def _compared(row: Row) -> str:
    """Return which model is compared, and with which if it is not the same one for all."""
    return f"{row['measured']} − {row['before']}" if "before" in row else _measured(row)


def _base(results: Sequence[Row]) -> str:
    shares = [result["accuracy"] for result in results]
    if len(results) > 1:
        return f"differs: {min(shares):.1%} to {max(shares):.1%}"
    return _with_interval(shares[0], results[0]["interval"], shares=True)


def _with_interval(value: float, interval: Sequence[float], shares: bool) -> str:
    form, (low, high) = ".1%" if shares else ".1f", interval
    return f"{value:{form}} ({low:{form}} to {high:{form}})"


def _share(row: Row) -> str:
    return f"{row['mean']:.1%}" + ("" if row["half"] is None else f" ± {100 * row['half']:.1f}")


def _number(row: Row, digits: int) -> str:
    return f"{row['mean']:.{digits}f}" + ("" if row["half"] is None else f" ± {row['half']:.{digits}f}")


def _scored(name: Callable[[Row], str]) -> Callable[[Row], str]:
    """Return what names a line by its score, and then by `name`."""
    return lambda row: f"{row['measure']}, {name(row)}"


def _score(row: Row) -> str:
    """Return a score with its interval: over documents or questions where it has one, else over seeds."""
    if row["interval"] is not None:
        return _with_interval(row["mean"], row["interval"], row["unit"] == "share")
    return _share(row) if row["unit"] == "share" else _number(row, 2)


def _score_change(row: Row) -> str:
    return _change(row) if row["unit"] == "share" else _change(row, times=1, digits=2)


def _change(row: Row, times: int = 100, digits: int = 1) -> str:
    """Return a difference (of shares: in points) with its interval, and whether it is significant."""
    half = "" if row["half"] is None else f" ± {times * row['half']:.{digits}f}"
    text = f"{times * row['mean']:+.{digits}f}{half}"
    if row["p"] is None:
        return text
    probability = f"p = {row['p']:.3f}" if row["p"] >= 0.001 else "p < 0.001"
    return f"{text} ({'significant' if row['p'] < SIGNIFICANT else 'not significant'}, {probability})"
