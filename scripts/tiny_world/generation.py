"""The measured model behind the project's own engine, so that it is measured as the workflow uses it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from scripts.lib.engines import open_engine
from scripts.lib.engines.base import EngineSettings
from scripts.lib.engines.requests import Request
from scripts.lib.engines.scores import SCORES, expected_score
from scripts.lib.models.manifest import load_manifest
from scripts.lib.models.plain_text import PartlyPlain
from scripts.lib.rows.hashing import seed_of
from scripts.lib.rows.jsonl import Row


class Writer:
    """A model that continues prompts and weighs scores, in float32 on the CPU."""

    def __init__(self, directory: Path, threads: int, seed: int) -> None:
        self.seed = seed
        settings = EngineSettings(dtype="float32", cpu_threads=threads)
        self._engine = open_engine("transformers", load_manifest(directory), settings)

    def write(
        self, prompts: Sequence[PartlyPlain], max_tokens: int, temperature: float, top_p: float
    ) -> list[tuple[str, bool]]:
        """Return the continuation of each prompt, and whether the model ended it by itself."""
        requests = [
            Request(
                id=f"{number:06d}",
                task="generate",
                prompt=prompt.text,
                plain=prompt.plain,
                max_tokens=max_tokens,
                temperature=temperature,
                top_p=top_p,
                seed=seed_of(self.seed, str(number)),
            )
            for number, prompt in enumerate(prompts)
        ]
        return [(row["text"], row["finish_reason"] == "stop") for row in self._rows(requests, "answers")]

    def expected_scores(self, prompts: Sequence[PartlyPlain]) -> list[float]:
        """Return the mean score after each prompt, over the probabilities of 1 to 10."""
        requests = [
            Request(id=f"{number:06d}", task="score", prompt=prompt.text, plain=prompt.plain, choices=SCORES)
            for number, prompt in enumerate(prompts)
        ]
        return [expected_score(row["probabilities"], 0) or 0.0 for row in self._rows(requests, "ratings")]

    def _rows(self, requests: Sequence[Request], name: str) -> Iterator[Row]:
        """Yield the results in the order of the requests, whose ids sort that way."""
        bar = tqdm(total=len(requests), desc=name, mininterval=1)
        done: list[Row] = []
        for _, rows in self._engine.run(self._engine.plan(requests)):
            done += rows
            bar.update(len(rows))
        bar.close()
        yield from sorted(done, key=lambda row: row["id"])
