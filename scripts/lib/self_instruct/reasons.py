"""Why what a model wrote is no new instruction, apart from the rules about its text."""

from scripts.lib.rows.held_out import HELD_OUT
from scripts.lib.rows.novelty import TOO_SIMILAR
from scripts.lib.rows.reasons import Reason
from scripts.lib.self_instruct.rules import RULES

LAST_PIECE = Reason(
    "last_piece",
    "the last task of a text that was cut off at the token limit, or, with keep_last: never, of any text",
    "raise synthesis.max_tokens, so that more tasks of a text are whole, and where synthesis.keep_last is never, "
    "which drops a task of each text, set it to if_complete",
)
MALFORMED = Reason(
    "malformed",
    "a piece of the text that has not the form of the examples: an instruction and an input under its own number",
    "lower synthesis.temperature, or raise synthesis.examples, or take a larger model, which keeps the form",
)
BEYOND_TARGET = Reason(
    "beyond_target",
    "a good row more than were asked for",
    "raise synthesis.target to use it, or raise synthesis.expected_yield to write fewer of them",
)

REASONS = (LAST_PIECE, MALFORMED, *RULES, HELD_OUT, TOO_SIMILAR, BEYOND_TARGET)
"""All, in the order in which they are looked for."""
