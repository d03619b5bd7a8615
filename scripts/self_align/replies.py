"""What a model wrote under principles, taken apart: its thought, the rules that it names, and the reply itself."""

import re
from dataclasses import dataclass

from scripts.self_align.prompts import Assistant

_NUMBER = r"[#(]?\d{1,3}\)?(?:[ \t]*\([^()\n]*\))?"
_RULES = re.compile(
    r"(?i)\brules?\b(?:\(s\))?(?:[ \t]+(?:numbers?|nos?\.?|are|followed|to follow))*[ \t]*[:=]?[ \t]*"
    rf"(?P<list>{_NUMBER}(?:(?:[ \t]*(?:[,;&]|\band\b))+[ \t]*{_NUMBER})*)"
)
"""The word, and right behind it one or more numbers: "Rules: 2 (helpful), 7" or "I follow rules 2 and 7 (candor)"."""
_IN_BRACKETS = re.compile(r"\([^()\n]*[^\d\s()][^()\n]*\)")
"""The name of a rule, behind its number."""


@dataclass(frozen=True)
class Reply:
    """What was written: the thought, whether it begins with the introduction, the numbers of the rules that it names,
    each once, and the reply, None where none begins."""

    thought: str
    introduced: bool
    rules: tuple[int, ...]
    text: str | None


def read_reply(text: str, assistant: Assistant) -> Reply:
    """Return what a completion of `replying_prompt` says, without the white space around its parts.

    As published, the reply is what stands behind the first "{name}:" that begins a paragraph; all before it is thought.
    """
    thought, mark, reply = text.partition(f"\n\n{assistant.says}")
    return Reply(
        thought=thought.strip(),
        introduced=thought.lstrip().startswith(assistant.opening),
        rules=named_rules(thought),
        text=reply.strip() if mark else None,
    )


def named_rules(thought: str) -> tuple[int, ...]:
    """Return the numbers that a thought has behind the word "rule" or "rules", in their order, each once."""
    lists = (_IN_BRACKETS.sub(" ", match["list"]) for match in _RULES.finditer(thought))
    return tuple(dict.fromkeys(int(number) for found in lists for number in re.findall(r"\d+", found)))
