"""What lm-eval asks of a model, as requests of ours: one for each text, and one for each prompt with its choices."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from jinja2.exceptions import TemplateError
from lm_eval.api.instance import Instance
from lm_eval.models.utils import normalize_gen_kwargs

from scripts.lib.engines.requests import Request
from scripts.lib.engines.texts import Texts
from scripts.lib.errors import UserError
from scripts.lib.models.chat_frames import conversation
from scripts.lib.models.plain_text import PartlyPlain, plain_text
from scripts.lib.rows.hashing import seed_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

KNOWN = {"until", "do_sample", "temperature", "top_p", "max_gen_toks"}
"""What of a task's generation settings a request can say."""


@dataclass(frozen=True)
class Asked:
    """A request, and which of lm-eval's it answers: their places among those that were given together."""

    request: Request
    places: list[int]


@dataclass
class Asking:
    """Turns lm-eval's requests of one run into ours, always into the same ones.

    `format_name` says how, base or chat; `max_tokens` is the longest answer, None what the task says. `cut` counts the
    prompts of which the beginning is cut off, since they exceed the model's context.
    """

    texts: Texts
    format_name: str
    seed: int
    max_tokens: int | None = None
    cut: Counter[str] = field(default_factory=Counter)
    _rendered: dict[str, PartlyPlain] = field(default_factory=dict)

    @property
    def tokenizer(self) -> "PreTrainedTokenizerBase":
        """The tokenizer of the model that is asked."""
        return self.texts.tokenizer

    def rendered(self, messages: list[dict[str, str]], add_generation_prompt: bool) -> str:
        """Return messages in the model's chat template, and remember which parts of the text are plain.

        A system message is left out where the template has no place for it, as lm-eval does.
        """
        try:
            found = conversation(self.tokenizer, messages, goes_on=not add_generation_prompt)
        except TemplateError:
            others = [message for message in messages if message["role"] != "system"]
            found = conversation(self.tokenizer, others, goes_on=not add_generation_prompt)
        self._rendered[found.text] = found
        return found.text

    def generations(self, instances: Sequence[Instance]) -> Iterator[Asked]:
        """Yield a request for each text that is asked for; one that is asked for several times, with other seeds."""
        numbers: Counter[str] = Counter()
        for place, instance in enumerate(instances):
            document = _document(instance)
            number = numbers[document]
            numbers[document] += 1
            yield Asked(self._generation(instance, f"{document}/text-{number}"), [place])

    def _generation(self, instance: Instance, identity: str) -> Request:
        context, given = instance.args
        options: dict[str, Any] = dict(normalize_gen_kwargs(given))
        if unknown := sorted(options.keys() - KNOWN):
            raise UserError(f"{instance.task_name}: generates with {unknown[0]}, which our requests do not know")
        most = self.max_tokens or options["max_gen_toks"]
        prompt = self._within(self._prompt(context), most, instance)
        draws = bool(options["do_sample"])
        return Request(
            id=identity,
            task="generate",
            prompt=prompt.text,
            plain=prompt.plain,
            max_tokens=most,
            temperature=options["temperature"] if draws else 0.0,
            top_p=options.get("top_p", 1.0),
            stop=tuple(filter(None, options["until"])),
            seed=seed_of(self.seed, identity),
            template=self.format_name,
        )

    def _within(self, prompt: PartlyPlain, most: int, instance: Instance) -> PartlyPlain:
        """Return a prompt that leaves room for its answer: as in lm-eval, what exceeds is cut off at the beginning."""
        room = self.texts.context - most
        if room < 1:
            raise UserError(
                f"{instance.task_name}: asks for answers of {most} tokens, and the model's context has only "
                f"{self.texts.context}; set evaluation.max_tokens (--max-tokens)"
            )
        whole = prompt
        while (excess := self._length(prompt) - room) > 0:
            # No token is shorter than a character, but for parts of rare ones.
            prompt = prompt.ending(len(prompt.text) - excess)
        self.cut[str(instance.task_name)] += prompt is not whole
        return prompt

    def _length(self, prompt: PartlyPlain) -> int:
        return len(self.texts.prompt_ids(Request("", "generate", prompt.text, plain=prompt.plain)))

    def loglikelihoods(self, instances: Sequence[Instance]) -> Iterator[Asked]:
        """Yield a request for each prompt of each document, with all continuations that it is asked about."""
        placed = list(enumerate(instances))
        for document, own in groupby(placed, key=lambda each: _document(each[1])):
            prompts: dict[str, list[tuple[int, str]]] = {}
            for place, instance in own:
                context, continuation = instance.args
                # White space at the end of a prompt belongs to what follows: with it, tokens are other ones.
                kept = context.rstrip()
                prompts.setdefault(context, []).append((place, context[len(kept) :] + continuation))
            for number, (context, followed) in enumerate(prompts.items()):
                places, continuations = zip(*followed, strict=True)
                prompt = self._prompt(context).beginning(len(context.rstrip()))
                request = Request(
                    id=f"{document}/choices-{number}",
                    task="loglikelihood",
                    prompt=prompt.text,
                    plain=prompt.plain,
                    continuations=continuations,
                    template=self.format_name,
                )
                longest = max(len(ids) for ids, _ in self.texts.followed(request, 2**31))
                self.cut[document.partition("/")[0]] += longest > self.texts.context + 1
                yield Asked(request, list(places))

    def _prompt(self, text: str) -> PartlyPlain:
        """Return a prompt with its plain parts: all of it, but for what a chat template wrote."""
        if self.format_name == "base":
            return plain_text(text)
        return self._rendered.get(text, PartlyPlain(text))


def _document(instance: Instance) -> str:
    return f"{instance.task_name}/{instance.doc_id:06d}"
