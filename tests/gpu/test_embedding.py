"""Vectors of texts on a GPU: a CPU's within a tolerance, and the same clusters each time."""

import json
import random
import subprocess
import sys

import numpy as np
import pytest

from scripts.lib.rows.jsonl import write_rows
from tests.conftest import ROOT
from tests.gpu.commands import environment, run
from tests.gpu.requests import WORDS

EMBED = """
import json, sys
from pathlib import Path
import numpy
from scripts.lib.models.embedding import embed
numpy.save(sys.argv[3], embed(Path(sys.argv[1]), json.loads(sys.argv[2]), "float32", 2000, 2))
"""


@pytest.fixture(scope="module")
def texts():
    rng = random.Random(2)
    return [" ".join(rng.choices(WORDS, k=rng.randint(1, 120))) for _ in range(60)]


def test_vectors_are_a_cpus(model, texts, tmp_path):
    vectors = {}
    for device in ("gpu", "cpu"):
        file = tmp_path / f"{device}.npy"
        command = [sys.executable, "-c", EMBED, str(model), json.dumps(texts), str(file)]
        subprocess.run(command, cwd=ROOT, env=environment(device), check=True, capture_output=True)
        vectors[device] = np.load(file)
    difference = np.linalg.norm(vectors["gpu"] - vectors["cpu"], axis=1)
    assert (difference < 1e-3 * np.linalg.norm(vectors["cpu"], axis=1)).all()


def test_clusters_are_the_same_each_time(model, texts, tmp_path):
    rows = ({"id": f"row-{number:02d}", "instruction": text, "input": ""} for number, text in enumerate(texts))
    write_rows(tmp_path / "rows.jsonl", rows)
    made = []
    for name in ("first", "second"):
        files = [f"--input={tmp_path / 'rows.jsonl'}", f"--model={model}", f"--output={tmp_path / name}.jsonl"]
        run("scripts.cluster_rows", *files, "--clusters=8", "--dtype=bfloat16", "--batch-tokens=2000")
        made.append((tmp_path / f"{name}.jsonl").read_bytes())
    assert made[0] == made[1]
