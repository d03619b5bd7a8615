"""Several answers of a model to each prompt: what asks for them, and how they stand beside their prompts."""

import argparse
from collections.abc import Callable, Iterator

from scripts.lib.engines.drawing import drawn
from scripts.lib.engines.requests import Request
from scripts.lib.models.plain_text import PartlyPlain
from scripts.lib.rows.jsonl import Row, read_text_rows


def sample_id(prompt_id: str, number: int) -> str:
    """Return the id of an answer, which is that of its request: that of the prompt, and a number from 1."""
    return f"{prompt_id}/{number}"


def sample_requests(
    args: argparse.Namespace, prompt_of: Callable[[Row], PartlyPlain], made_with: str, *fields: str
) -> Iterator[Request]:
    """Yield args.samples requests for each row of args.input, which must have these texts; each draws by itself."""
    for row in read_text_rows(args.input, *fields):
        prompt = prompt_of(row)
        for number in range(1, args.samples + 1):
            identity = sample_id(row["id"], number)
            yield drawn(args, identity, prompt, template=made_with, purpose="answers")
