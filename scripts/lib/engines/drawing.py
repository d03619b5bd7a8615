"""Texts that a command asks a model for: each drawn as its options say, from a seed of its own."""

import argparse
from typing import Any

from scripts.lib.engines.requests import Request
from scripts.lib.models.plain_text import PartlyPlain
from scripts.lib.rows.hashing import seed_of


def drawn(
    args: argparse.Namespace, identity: str, prompt: PartlyPlain, *, template: str, purpose: str, **more: Any
) -> Request:
    """Return the request for a text, of this id, with the options of `Decoding` and `Run`.

    Its seed comes of --seed, the id and the `purpose`, so that requests of one id for two things draw apart; `more` are
    further fields of a request.
    """
    return Request(
        id=identity,
        task="generate",
        prompt=prompt.text,
        plain=prompt.plain,
        max_tokens=args.max_tokens,
        temperature=args.temperature,
        top_p=args.top_p,
        template=template,
        seed=seed_of(args.seed, f"{identity}/{purpose}"),
        **more,
    )
