"""A chat template is a program: whether it comes to an end, in little time, memory and text."""

import contextlib
import multiprocessing
import resource
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

MOST_SECONDS = 10
MOST_BYTES = 2**30
"""Memory that rendering may take beyond what the process has."""
PAGES_IN_USE = Path("/proc/self/statm")
"""Where Linux says it; other systems have no such file, and set no limit here."""
MOST_CHARACTERS = 100_000
"""What a template may make of a question and an answer; the longest known ones write some thousand."""
CONVERSATION = [
    {"role": "user", "content": "What is asked?"},
    {"role": "assistant", "content": "What is answered."},
]


def check_rendering(tokenizer: "PreTrainedTokenizerBase", name: str) -> None:
    """Raise UserError, naming the model or file, unless its chat template renders a short conversation within bounds.

    A tokenizer without a template passes. It is rendered in a copy of this process that can be killed: a loop in a
    template, or a power of a large number, cannot be stopped otherwise.
    """
    if not tokenizer.chat_template:
        return
    processes = multiprocessing.get_context("fork")
    answer, question = processes.Pipe(duplex=False)
    renderer = processes.Process(target=_render, args=(tokenizer, question), daemon=True)
    renderer.start()
    question.close()
    try:
        fault = answer.recv() if answer.poll(MOST_SECONDS) else f"it has not ended after {MOST_SECONDS} seconds"
    except EOFError:
        fault = "the process that rendered it died"
    finally:
        renderer.kill()
        renderer.join()
    if fault is not None:
        raise UserError(f"{name}: the chat template cannot be used ({fault}); give another with --chat-template")


def _render(tokenizer: "PreTrainedTokenizerBase", question: Connection) -> None:
    """Send what is wrong with the template, or None."""
    try:
        _limit_memory()
        question.send(_fault(tokenizer))
    except MemoryError:
        question.send(f"it needs more than {MOST_BYTES // 2**20} MiB of memory")


def _limit_memory() -> None:
    """Let this process take MOST_BYTES more than it has, where the system says how much that is and sets limits."""
    with contextlib.suppress(OSError, ValueError):
        used = int(PAGES_IN_USE.read_text().split()[0]) * resource.getpagesize()
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (used + MOST_BYTES, most))


def _fault(tokenizer: "PreTrainedTokenizerBase") -> str | None:
    try:
        texts = [
            tokenizer.apply_chat_template(CONVERSATION[:1], tokenize=False, add_generation_prompt=True),
            tokenizer.apply_chat_template(CONVERSATION, tokenize=False),
        ]
    except MemoryError:
        raise
    except Exception as error:  # a template is code, and fails in any way
        return " ".join(str(error).split()) or type(error).__name__
    longest = max(map(len, texts))
    return f"it writes {longest} characters for one question" if longest > MOST_CHARACTERS else None
