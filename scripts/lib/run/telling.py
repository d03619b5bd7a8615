"""What plan, status and reports have in common in telling people how things are: numbers in words, the ends of logs."""

from pathlib import Path


def counted(number: int, noun: str) -> str:
    """Return a number with what it counts: "1 job", "2 jobs"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def end_of(log: Path, most: int) -> str:
    """Return the end of a log, at most so many bytes of it, as text."""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - most))
        return stream.read().decode("utf-8", errors="replace")
