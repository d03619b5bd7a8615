"""The probability that exactly one of a few texts follows a prompt, from next-token probabilities.

A choice is a path of tokens. Where one choice begins another, as "1" begins "10" in a tokenizer that
splits numbers into digits, the shorter one's probability is that of its path less that of going on
along the longer one. A text can be spelled in other tokens than a tokenizer would choose; models
hardly ever do, and such spellings count as missing mass.
"""

import math
from collections.abc import Mapping, Sequence

TokenPath = tuple[int, ...]


def nodes(paths: Mapping[str, TokenPath]) -> set[TokenPath]:
    """Return the places from which some choice goes on: those whose next-token probabilities are needed."""
    return {path[:length] for path in paths.values() for length in range(len(path))}


def deepest(paths: Mapping[str, TokenPath]) -> list[TokenPath]:
    """Return the nodes that lead to no other node: a model that has read these has passed all nodes."""
    found = nodes(paths)
    return sorted(node for node in found if not any(other[:-1] == node for other in found if other))


def probabilities(
    paths: Mapping[str, TokenPath], logprobs: Mapping[TokenPath, Mapping[int, float]]
) -> dict[str, float]:
    """Return each choice's probability, given the log-probability of each next token at each node.

    A node or token that is not given has no probability.
    """

    def reached(path: TokenPath) -> float:
        steps = (logprobs.get(path[:place], {}).get(token, -math.inf) for place, token in enumerate(path))
        return math.exp(sum(steps))

    ways = {path[: length + 1] for path in paths.values() for length in range(len(path))}
    return {
        choice: max(0.0, reached(path) - sum(reached(way) for way in ways if way[:-1] == path))
        for choice, path in paths.items()
    }


def tokens_wanted(paths: Mapping[str, TokenPath], node: TokenPath) -> Sequence[int]:
    """Return the tokens whose probability is needed at a node."""
    depth = len(node)
    return sorted({path[depth] for path in paths.values() if len(path) > depth and path[:depth] == node})
