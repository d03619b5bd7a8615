"""Where a text begins to repeat itself, as models do that go on without end."""

import re

V1_ENDS, V2_ENDS = "\n.?!;:,", "\n.?!;:,`"
"""What ends a segment in the published `dedup` of Dromedary-1 and of Dromedary-2."""

_SENTENCE_END = re.compile(r"(?<=[.?!\n])")
LONGEST_CYCLE = 12
FEWEST_WORDS = 4


def cut_at_repeated_segment(text: str, ends: str) -> str:
    """Return the text before the first segment that it has had already, without white space around it, as published.

    A segment is what stands up to one of the characters `ends`, itself included. Such a character alone may come again;
    any other segment may not, so that "first, … second, … first, …" is cut as well.
    """
    segments = re.split(f"(?<=[{re.escape(ends)}])", text)
    seen: set[str] = set()
    for place, segment in enumerate(segments):
        if segment in seen and segment not in ends:
            return "".join(segments[:place]).strip()
        seen.add(segment)
    return text.strip()


def cut_at_loop(text: str) -> str:
    """Return the text without what only repeats the sentences and lines right before: "A. B. A. B. A." is "A. B.".

    At least FEWEST_WORDS words and at most LONGEST_CYCLE sentences must come again as they are, at once: a word that
    is repeated for effect is no loop, nor is a refrain, with something else in between. What follows a loop is lost.
    """
    segments = [segment for segment in _SENTENCE_END.split(text) if segment.strip()]
    said = [" ".join(segment.split()) for segment in segments]
    words = [len(segment.split()) for segment in said]
    for place in range(1, len(said)):
        for length in range(1, min(LONGEST_CYCLE, place) + 1):
            again = said[place : place + length]
            if again == said[place - length : place] and sum(words[place : place + length]) >= FEWEST_WORDS:
                return _up_to(text, segments, place)
    return text


def _up_to(text: str, segments: list[str], place: int) -> str:
    end = 0
    for segment in segments[:place]:
        end = text.index(segment, end) + len(segment)
    return text[:end].rstrip()
