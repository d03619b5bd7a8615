"""Requests to a judge: prompts after which the probabilities of a few labels, or of scores, are asked for."""

import os
from collections.abc import Sequence

from scripts.lib.engines.requests import Request
from scripts.lib.models.plain_text import PartlyPlain


def ask_together(
    prompts: Sequence[tuple[str, PartlyPlain]],
    choices: tuple[str, ...],
    template: str,
    beside: PartlyPlain | None = None,
) -> list[Request]:
    """Return the requests for the probabilities of `choices` after prompts (id, text).

    How they all begin, and `beside` with them, is noted as shared: an engine may read that once.
    """
    texts = [prompt.text for _, prompt in prompts] + ([beside.text] if beside else [])
    shared = len(os.path.commonprefix(texts)) if len(texts) > 1 else 0
    return [
        Request(
            id=identity,
            task="score",
            prompt=prompt.text,
            plain=prompt.plain,
            choices=choices,
            shared=shared,
            template=template,
        )
        for identity, prompt in prompts
    ]
