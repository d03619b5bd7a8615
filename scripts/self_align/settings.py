"""SELF-ALIGN's chapter of the configuration: one section for each of its stages."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from scripts.lib.config.faults import fault_of
from scripts.lib.config.sections import FILE, Decoding, Penalties, Problem, Section, Share, Texts, prompt_template
from scripts.lib.errors import UserError
from scripts.lib.self_instruct.settings import Novelty, Synthesis
from scripts.self_align.identity import IDENTITY_SLOTS, read_identity
from scripts.self_align.principles import Exemplar, read_exemplars, read_principles
from scripts.self_align.prompts import ASSISTANT_SLOTS, QUESTIONS_SLOTS, REPLYING_SLOTS, TOPICS_SLOTS, VERBOSE_SLOTS
from scripts.self_align.reply_rules import REPLY_SETS
from scripts.self_align.steps import select_steps
from scripts.self_align.topics import read_seed_questions
from scripts.self_align.verbose_rules import VERBOSE_SETS

PROMPTS = "config/prompts/self_align"

_NAME = re.compile(r"[^\W_]+(?:[ .'’-][^\W_]+)*")
_NOT_A_SENTENCE = re.compile(r"[\n\r{}<>\[\]]")


def _read_exemplars_of(principles: Path, exemplars: Path) -> tuple[Exemplar, ...]:
    return read_exemplars(exemplars, read_principles(principles))


def _read_identity(rows: Path) -> object:
    return read_identity(rows, dict.fromkeys(IDENTITY_SLOTS, ""))


class AssistantSettings(Section):
    name: str = Field("Juniper", min_length=1, description="What the assistant is called: {{name}} in your files.")
    alias: str | None = Field(
        None,
        description="What it is called while it replies under principles, if otherwise: replies are renamed "
        "(Dromedary-1 and -2: Watson). null: its name.",
    )
    organisation: str = Field("its makers", min_length=1, description="Who made it: {{organisation}} in identity rows.")
    cutoff: str = Field(
        "September 2021",
        description="When its knowledge ends: {{cutoff}} in your files (Dromedary-1: Sept-2021; 2: Sept-2022).",
    )
    introduction: str = Field(
        "I am {{name}}, an AI assistant that only reads and writes text.",
        min_length=1,
        description="The sentence that each thought begins with; a reply without it is rejected.",
    )

    @model_validator(mode="after")
    def _can_be_read_back(self) -> "AssistantSettings":
        """What a model writes is cut at a special token's text, and replies are found by the name."""
        for key in ("name", "alias"):
            name = getattr(self, key)
            if name is not None and not _NAME.fullmatch(name):
                raise ValueError(
                    f"{key} ({name!r}): must be letters and digits, with single spaces or . ' - between them, since "
                    "replies are found by it; no special token is a name"
                )
        if found := _NOT_A_SENTENCE.search(self.introduction.replace("{{name}}", "")):
            raise ValueError(
                "introduction: must be a sentence in one line, with {{name}} as its only slot and no <, >, [ or ], of "
                f"which special tokens are made, but has {found[0]!r}"
            )
        if not self.introduction.strip():
            raise ValueError("introduction: must not be blank")
        if found := _NOT_A_SENTENCE.search(self.cutoff + self.organisation):
            raise ValueError(f"cutoff and organisation: must be words in one line, but have {found[0]!r}")
        return self


class Topics(Decoding):
    template: str = Field(
        f"{PROMPTS}/topics.txt",
        description="The prompt that asks for topics of a type of questions.",
        json_schema_extra=prompt_template(TOPICS_SLOTS),
    )
    seeds: str = Field(
        "config/seeds/questions.jsonl",
        description="Types of questions, each with a topic and a question: rows of question_type, topic, instruction.",
        json_schema_extra=FILE,
    )
    rounds: int = Field(
        5, ge=1, le=20, description="Rounds of topics; each asks once per topic that is known (published: 5 are used)."
    )
    examples: int = Field(5, ge=1, le=20, description="Known topics in a prompt at most (published: 5).")
    balance: bool = Field(
        True,
        description="Before each round and at the end, cut every type to as many topics as the smallest has "
        "(published).",
    )
    keep_last: Literal["if_complete", "always"] = Field(
        "if_complete",
        description="The last topic of a text: kept if the model stopped by itself; always: as published, even where "
        "the text was cut off within a word.",
    )
    top_p: float = Field(0.98, gt=0, le=1, description="Nucleus; the published value is 0.98.")
    max_tokens: int = Field(128, ge=1, description="Longest list; the published value is 128.")

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the seed questions."""
        if fault := fault_of(read_seed_questions, self.seeds):
            yield Problem("seeds", fault)


class Questions(Decoding):
    template: str = Field(
        f"{PROMPTS}/questions.txt",
        description="The prompt that asks for questions which a model cannot answer, or answers wrongly.",
        json_schema_extra=prompt_template(QUESTIONS_SLOTS),
    )
    examples: int = Field(5, ge=1, le=20, description="Seed questions in a prompt (published: 5).")
    wanted: int = Field(5, ge=1, le=20, description="Topics that a prompt asks a question about (published: 5).")
    keep_last: Literal["if_complete", "never"] = Field(
        "if_complete",
        description="The last question of a text: kept if the model stopped by itself or after the last one wanted; "
        "never: as published, and then nothing stops it.",
    )
    max_tokens: int = Field(384, ge=1, description="Longest list of questions; the published value is 384.")


class Prompts(Section):
    files: Texts = Field(
        (),
        description="Prompts that are given, instead of written: JSONL of instructions, or of chats, whose first turn "
        "is taken (Dromedary-2); cleaned of page numbers and requests to share or translate. Empty: the model writes "
        "them.",
        json_schema_extra=FILE,
    )
    self_instruct: bool = Field(True, description="Whether the model writes instructions from the seeds.")
    topic_guided: bool = Field(True, description="Whether it writes questions of types and topics.")
    deduplicate: Literal["all", "across_shards"] = Field(
        "all",
        description="Prompts that are equal but for case, spaces and punctuation: all: one is kept; across_shards: as "
        "published, one that occurs again within the same shard_rows survives, and questions are not compared.",
    )
    shard_rows: int = Field(8192, ge=1, description="across_shards: rows of a shard (published: 8192).")
    most: int | None = Field(None, ge=1, description="Prompts used at most: a seeded sample of them; null: all.")
    topic_guided_share: Share | None = Field(
        None,
        description="Share of topic-guided questions among the prompts: of the other kind or of these, a seeded sample "
        "is left out; null: all of both (published: 267,597 and 99,121, which is 0.27).",
    )
    least_tokens: int = Field(2, ge=1, description="files: shortest prompt, in tokens of the model (published: 2).")
    most_tokens: int = Field(256, ge=1, description="files: longest prompt, in tokens (published: 256).")

    @model_validator(mode="after")
    def _there_are_some(self) -> "Prompts":
        if not (self.files or self.self_instruct or self.topic_guided):
            raise ValueError("there would be no prompts: give files, or set self_instruct or topic_guided to true")
        written = self.self_instruct and self.topic_guided
        if self.topic_guided_share is not None and not (self.files or written):
            raise ValueError(
                "topic_guided_share: a share needs both instructions and questions; set it to null, or self_instruct "
                "and topic_guided to true"
            )
        if self.least_tokens > self.most_tokens:
            raise ValueError(f"least_tokens ({self.least_tokens}) must not be above most_tokens ({self.most_tokens})")
        return self


class Replying(Decoding):
    template: str = Field(
        f"{PROMPTS}/replying.txt",
        description="The prompt around principles and exemplars: rules of conduct for the assistant.",
        json_schema_extra=prompt_template(REPLYING_SLOTS, ASSISTANT_SLOTS),
    )
    principles: str = Field(
        f"{PROMPTS}/principles_v1.txt",
        description="The principles, one a line, with number and name: `7 (candor). Say so if you do not know.`",
        json_schema_extra=FILE,
    )
    exemplars: str = Field(
        f"{PROMPTS}/exemplars_v1.jsonl",
        description="Worked examples: rows of instruction, input, thought, rules (numbers of principles), output.",
        json_schema_extra=FILE,
    )
    forbidden: Texts = Field(
        ("Sorry",), description="Texts whose first token a reply never has (Dromedary-1: Sorry; 2: none)."
    )
    temperature: float = Field(0.5, ge=0, description="0 is greedy; Dromedary-1: 0.5, Dromedary-2: 0.7.")
    max_tokens: int = Field(256, ge=1, description="Longest thought and reply; Dromedary-1: 256, Dromedary-2: 512.")

    @field_validator("forbidden")
    @classmethod
    def _forbidden_are_words(cls, forbidden: tuple[str, ...]) -> tuple[str, ...]:
        if not all(text.strip() for text in forbidden):
            raise ValueError("a blank text begins with no word; leave it out")
        return forbidden

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the principles, or else with the exemplars, which name them by number."""
        if fault := fault_of(read_principles, self.principles):
            yield Problem("principles", fault)
        elif fault := fault_of(_read_exemplars_of, self.principles, self.exemplars):
            yield Problem("exemplars", fault)


class ReplyFilter(Section):
    rules: Literal["precise", "v1", "v2", "none"] = Field(
        "precise",
        description="v1, v2: as published for Dromedary-1 and -2; precise: what a careful reader would want; none: "
        "only replies that cannot be read are rejected.",
    )
    without: Texts = Field((), description="Names of rules and changes to switch off.")
    shortest: int = Field(
        160,
        ge=0,
        description="v1, v2: characters of a finished reply, at least, the 11 of their end marker included (published: "
        "160).",
    )

    @model_validator(mode="after")
    def _names_are_rules(self) -> "ReplyFilter":
        try:
            select_steps(REPLY_SETS, self.rules, self.without)
        except UserError as error:
            raise ValueError(str(error)) from error
        return self


class Identity(Section):
    rows: str | None = Field(
        "config/seeds/identity.jsonl",
        description="Questions about the assistant, with answers, that are trained on beside the replies; null: none.",
        json_schema_extra=FILE,
    )
    repeat: int = Field(
        1, ge=1, le=1000, description="How often each is trained on (Dromedary-1 has 910 rows of 84 questions)."
    )

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the rows."""
        if self.rows is not None and (fault := fault_of(_read_identity, self.rows)):
            yield Problem("rows", fault)


class Verbose(Decoding, Penalties):
    template: str = Field(
        f"{PROMPTS}/verbose.txt",
        description="What the engraved model is asked in its chat template, to have it reply at length.",
        json_schema_extra=prompt_template(VERBOSE_SLOTS, ASSISTANT_SLOTS),
    )
    temperature: float = Field(0.3, ge=0, description="0 is greedy; the published value is 0.3.")
    top_p: float = Field(0.7, gt=0, le=1, description="Nucleus; the published value is 0.7.")
    max_tokens: int = Field(512, ge=1, description="Longest reply; the published value is 512.")


class VerboseFilter(Section):
    rules: Literal["precise", "v1", "none"] = Field(
        "precise", description="v1: as published; precise: what a careful reader would want; none: all are kept."
    )
    without: Texts = Field((), description="Names of rules and changes to switch off.")
    shortest: int = Field(
        128, ge=0, description="v1: characters of a reply that was not finished, at least (published: 128)."
    )

    @model_validator(mode="after")
    def _names_are_rules(self) -> "VerboseFilter":
        try:
            select_steps(VERBOSE_SETS, self.rules, self.without)
        except UserError as error:
            raise ValueError(str(error)) from error
        return self


class SelfAlign(Section):
    assistant: AssistantSettings = AssistantSettings()
    synthesis: Synthesis = Synthesis()
    novelty: Novelty = Novelty()
    topics: Topics = Topics()
    questions: Questions = Questions()
    prompts: Prompts = Prompts()
    replying: Replying = Replying()
    reply_filter: ReplyFilter = ReplyFilter()
    identity: Identity = Identity()
    verbose: Verbose = Verbose()
    verbose_filter: VerboseFilter = VerboseFilter()

    @field_validator("synthesis")
    @classmethod
    def _chooses_seeds_alike(cls, synthesis: Synthesis) -> Synthesis:
        if synthesis.few_shot_choice != "uniform" or synthesis.origin_samples is not None:
            raise ValueError(
                "this recipe draws all examples from the seeds, uniformly; leave few_shot_choice and origin_samples out"
            )
        return synthesis
