"""Functions and test cases of an instruction against each other: which cases are believed, and then which functions.

As in arXiv 2406.13542, section 3.1, step 3. Its published code asks for 3 different functions and 10 different cases,
believes a case that any function agrees with, and a function that is right on 0.8 of them or more; the paper's own text
says more than half for both. On the five published instructions (eval_func_rft.jsonl) this keeps, by
`--least-functions 3 --least-cases 10 --case-agreement 0` and

    --comparison as_text --function-accuracy 0.8 --function-bar from     2, 3, 0, 5, 7 functions
    --comparison as_text --function-accuracy 0.5 --function-bar above    8, 4, 8, 7, 7 functions

With `--comparison typed` it is as many functions, but more cases: those that say "true" count, too.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field

from scripts.autoif.settings import CrossValidation
from scripts.autoif.verifiers import truth
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.reasons import Reason
from scripts.lib.rows.verdicts import Verdict
from scripts.lib.sandbox.running import MOST_RESPONSES, Batch
from scripts.lib.sandbox.verdicts import FunctionVerdict

DUPLICATE_FUNCTION = Reason(
    "duplicate_function",
    "another function of the instruction, which `of` names, has the same source",
    "raise verifiers.temperature where there are many",
)
TOO_FEW_FUNCTIONS = Reason(
    "too_few_functions",
    "the instruction has fewer different functions than cross_validation.least_functions",
    "raise verifiers.samples, or lower cross_validation.least_functions (--least-functions)",
)
TOO_FEW_CASES = Reason(
    "too_few_cases",
    "the instruction has fewer different test cases than cross_validation.least_cases",
    "raise verifiers.samples, or lower cross_validation.least_cases (--least-cases)",
)
NO_CASE_KEPT = Reason(
    "no_case_kept",
    "none of the instruction's test cases has enough functions that give what it expects",
    "lower cross_validation.case_agreement (--case-agreement), or take a larger model, which writes better functions",
)
LOW_ACCURACY = Reason(
    "low_accuracy",
    "the function gets too few of the kept test cases right; `verdicts` counts what it said of them",
    "lower cross_validation.function_accuracy (--function-accuracy), or take a larger model",
)
REASONS = (DUPLICATE_FUNCTION, TOO_FEW_FUNCTIONS, TOO_FEW_CASES, NO_CASE_KEPT, LOW_ACCURACY)
"""All, in the order in which they are looked for."""

_SAID = {FunctionVerdict.TRUE: True, FunctionVerdict.FALSE: False}


@dataclass
class Candidates:
    """The different functions and test cases of an instruction; `verdicts` has what each function said of each case."""

    rows: Sequence[Row]
    settings: CrossValidation
    functions: list[Row] = field(default_factory=list)
    first_of: dict[str, str] = field(default_factory=dict)
    cases: list[Row] = field(default_factory=list)
    verdicts: list[FunctionVerdict] = field(default_factory=list)

    def __post_init__(self) -> None:
        seen: set[Hashable] = set()
        for row in self.rows:
            if self.first_of.setdefault(row["function"], row["id"]) == row["id"]:
                self.functions.append(row)
            for case in row["cases"]:
                # As text, the text "true" is another case than true, and no function will ever give it.
                output = truth(case["output"]) if self.settings.comparison == "typed" else case["output"]
                key = (case["input"], type(output), output)
                if key not in seen:
                    seen.add(key)
                    self.cases.append({"input": case["input"], "output": output})

    @property
    def lacking(self) -> Verdict | None:
        """Why none of the functions needs to be run, if so."""
        least = self.settings
        if len(self.functions) < least.least_functions:
            return Verdict(TOO_FEW_FUNCTIONS, {"functions": len(self.functions), "least": least.least_functions})
        if len(self.cases) < least.least_cases:
            return Verdict(TOO_FEW_CASES, {"cases": len(self.cases), "least": least.least_cases})
        return None

    def batches(self) -> Iterator[Batch]:
        """Yield what the sandbox has to run: each function on all cases, unless something is lacking."""
        inputs = [case["input"] for case in self.cases]
        for function in self.functions if self.lacking is None else ():
            for start in range(0, len(inputs), MOST_RESPONSES):
                yield Batch(function["function"], inputs[start : start + MOST_RESPONSES])

    @property
    def is_complete(self) -> bool:
        """Whether there are all verdicts of all functions."""
        return self.lacking is not None or len(self.verdicts) == len(self.functions) * len(self.cases)

    def judged(self) -> Iterator[tuple[Row, Verdict | None]]:
        """Yield every row, with its accuracy and the kept cases, or with why it is rejected."""
        said = self._said()
        kept = [] if self.lacking else self._kept_cases(said)
        cases = [self.cases[number] for number in kept]
        for row in self.rows:
            verdict = self.lacking
            if (first := self.first_of[row["function"]]) != row["id"]:
                verdict = Verdict(DUPLICATE_FUNCTION, {"of": first})
            elif verdict is None and not kept:
                verdict = Verdict(NO_CASE_KEPT, {"cases": len(self.cases)})
            if verdict is not None:
                yield row, verdict
                continue
            found = [said[row["id"]][number] for number in kept]
            accuracy = sum(map(is_right, found, cases)) / len(cases)
            if not self._passes(accuracy):
                counted = {name: count for name in FunctionVerdict if (count := found.count(name))}
                verdict = Verdict(LOW_ACCURACY, {"accuracy": accuracy, "verdicts": counted})
            yield {**row, "cases": cases, "accuracy": accuracy}, verdict

    def _said(self) -> dict[str, Sequence[FunctionVerdict]]:
        """Return what each function said of each case, by the ids of functions."""
        width = len(self.cases)
        return {
            row["id"]: self.verdicts[number * width : (number + 1) * width] for number, row in enumerate(self.functions)
        }

    def _kept_cases(self, said: dict[str, Sequence[FunctionVerdict]]) -> list[int]:
        """Return the places of cases of which more than the share of functions give what they expect."""
        agreeing = [
            sum(is_right(verdicts[number], case) for verdicts in said.values())
            for number, case in enumerate(self.cases)
        ]
        bar = self.settings.case_agreement
        return [number for number, count in enumerate(agreeing) if count / len(said) > bar]

    def _passes(self, accuracy: float) -> bool:
        bar = self.settings.function_accuracy
        return accuracy > bar or (self.settings.function_bar == "from" and accuracy == bar)


def is_right(verdict: FunctionVerdict, case: Row) -> bool:
    """Return whether a function's verdict is what a case expects; an error, a timeout or any text never is."""
    return verdict in _SAID and _SAID[verdict] is case["output"]
