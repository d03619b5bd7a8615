"""Short names for values, and a seed for each record."""

import hashlib
import json
from typing import Any


def fingerprint(*parts: Any) -> str:
    """Return 16 hex digits that stand for the given JSON values; equal values give equal digits."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def seed_of(seed: int, key: str) -> int:
    """Return a 63-bit seed for one record, from the run's seed and the record's id."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{key}".encode()).digest()[:8], "big") >> 1
