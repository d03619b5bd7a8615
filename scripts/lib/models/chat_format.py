"""What a chat template does to a task and its answer: where the answer begins, and which token ends it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.lib.errors import UserError
from scripts.lib.models.chat_frames import answer_frame, chat_text, framed
from scripts.lib.models.prompting import chat_prompt
from scripts.lib.models.tokens import token_ids
from scripts.lib.rows.tasks import join

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True)
class Token:
    """A token of the vocabulary: its text and its number."""

    text: str
    id: int


def end_of_turn(tokenizer: "PreTrainedTokenizerBase", name: str) -> Token:
    """Return the token that the chat template writes after an assistant's answer, as text and number.

    `name` is the model or file that an error should name. Raises UserError if there is no template,
    if it cannot be used or changes the prompt once an answer follows, or if the turn does not end in one token.
    """
    tail = _after_answer(tokenizer, name)
    ids = tokenizer(tail, add_special_tokens=False)["input_ids"]
    if not ids or ids[0] not in tokenizer.get_added_vocab().values():
        raise UserError(
            f"{name}: the chat template ends the assistant's turn with {tail!r}, which does not start with a "
            f"special token of the tokenizer; use a template that does, such as chat_template: plain, which ends it "
            f"with the eos token {tokenizer.eos_token!r}"
        )
    return Token(str(tokenizer.convert_ids_to_tokens(ids[0])), ids[0])


def stop_ids(tokenizer: "PreTrainedTokenizerBase", name: str) -> list[int]:
    """Return the token numbers that end a chat generation: the end of the turn, and the end of the text."""
    ids = [end_of_turn(tokenizer, name).id, tokenizer.eos_token_id]
    return list(dict.fromkeys(id for id in ids if id is not None))


def prompt_and_completion(
    tokenizer: "PreTrainedTokenizerBase", instruction: str, task_input: str, output: str, turn_end: Token
) -> tuple[list[int], list[int]]:
    """Return the tokens of a task in the chat template, and those of its answer with the end of the turn.

    The two are tokenised apart, as they are when the model answers: joined, a prompt's last token
    could merge with the answer's first. What the template writes after the end of the turn is left
    out, since the model has stopped by then.
    """
    prompt, frame = chat_prompt(tokenizer, instruction, task_input), answer_frame(tokenizer)
    whole = chat_text(tokenizer, join(instruction, task_input), output)
    written = whole[len(prompt.text) :] if whole.startswith(prompt.text) else frame.around(output).text
    answer = framed(tokenizer, frame, output, written)
    # The last one is the template's, which stands after all that the answer may hold.
    completion = answer.beginning(answer.text.rindex(turn_end.text) + len(turn_end.text))
    return token_ids(tokenizer, prompt), token_ids(tokenizer, completion)


def _after_answer(tokenizer: "PreTrainedTokenizerBase", name: str) -> str:
    """What the template writes after the assistant's answer, without surrounding white space."""
    from jinja2.exceptions import TemplateError

    if not tokenizer.chat_template:
        raise UserError(
            f"{name}: no chat template; give one with --chat-template, e.g. config/chat_templates/plain.jinja"
        )
    try:
        return answer_frame(tokenizer).after.strip()
    except (TemplateError, ValueError, TypeError) as error:
        raise UserError(
            f"{name}: the chat template cannot be used ({error}); give another with --chat-template"
        ) from error
