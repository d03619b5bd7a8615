"""Named rules that reject a row by its text: the published set, and a set with corrected patterns.

`reference` is the rule filter of the published code, pattern by pattern and in its order. `precise`
means the same but says it more exactly: the published patterns also reject "nonetheless" (for
"none"), "e.g." (for a lettered option), every HTML tag, and every "do you …" in running text, and
they miss requests and questions that a text runs on into and answers itself.
"""

import re
from collections.abc import Sequence
from itertools import product

from scripts.isheep.run_ons import asks_for, unasked_question, unasked_task, unasked_turn
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.rules import Finding, Rule, pattern_rule

_ANSWER_PREFIX = re.compile(r"\A(?:答案[:：]\s?)+")
_CJK = re.compile(r"[\u4e00-\u9fff]+")
_ASKS_FOR_CJK = re.compile(r"(?i)[\u4e00-\u9fff]|\b(?:chinese|mandarin|cantonese|japanese|kanji|hanja)\b")
_ASKS_FOR_OPTIONS = re.compile(r"(?i)\bchoices?\b|\boptions?\b|\bquiz|\b[A-C]\)")
_CHAT_TOKEN = re.compile(
    r"<[|｜][^\s<>|｜]{3,40}[|｜]>"  # ChatML, Llama 3, Phi and others; the wide bars are DeepSeek's; not <|x|>
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_RESULTS)\]|\[TOOL_CALLS\]|<</?SYS>>"  # Llama 2, Mistral
    r"|<(?:start|end)_of_turn>|<[be]os>|<\|(?:turn|channel)>|<(?:turn|channel)\|>"  # Gemma
    r"|\[gMASK\]|<[se]op>"  # GLM
    r"|(?<![\w?])<s>|</s>"  # Llama 2, Mistral; not the groups of a regular expression, nor List<s>
)
_STRUCK_THROUGH = re.compile(r"<s>(?:(?!</?s>)[^\n])+</s>")
"""HTML that is struck through. Of a leaked `<s>` or `</s>`, the other one is not there or on another line."""
_STRUCK_THROUGH_LINES = re.compile(r"(?s)(?!\A)<s>(?:(?!</?s>).)+</s>")
"""The same over several lines, for texts with other tags; a leaked `<s>` begins the text."""
_CLOSING_TAG = re.compile(r"</(?!s>)[a-z][a-z0-9]*>")
_OPTION_A = re.compile(r"(?m)^[ \t]*\(?A[.)][ \t]")
_OPTION_B = re.compile(r"(?m)^[ \t]*\(?B[.)][ \t]")
_OPTIONS_IN_A_LINE = re.compile(
    r"(?im)(?:^|[?:])[ \t]*\(?a\)[ \t]+[^\n,;]{1,60}?(?<!\band)(?<!\bor)[ \t]\(?b\)[ \t]+\S"
)
"""After a question or on a line of their own, as options stand; "(a) this, and (b) that" is running text."""
_OPTIONS_BEHIND_A_QUESTION = re.compile(r"\?[ \t]*\n[ \t]*\(?a[.)][ \t][^\n]*\n[ \t]*\(?b[.)][ \t]")
_ASKS_FOR_STEPS = re.compile(r"(?i)\b(?:steps|procedures?|how (?:to|do|should)|what (?:to|should|would)\b[^\n]* do)\b")
_MARKER = re.compile(
    r"(?i)<\s*no[ _-]?input\s*>|\bnoinput\b"
    r"|<(?:(?:insert|enter|add|paste|your)\b[^<>\n]{0,40}|input|placeholder)>"
)
_SLOT = re.compile(
    r"(?i)(?<![\w.])<(?:[a-z]{1,20}[ _-]){0,2}(?:topic|subject|name|text|title|date|city|country|place|location|person"
    r"|company|product|word|sentence|paragraph|passage|article|question|answer|instruction|output|number|language)s?>"
)
_ABOUT_SLOTS = re.compile(
    r"(?i)</[a-z]|\b(?:x?html|xml|svg|tags?\b|markup|template|placeholder|replac|substitut|fill|blank|mask|bracket|token"
    r"|format|forms?\b|syntax|grammar|schema|regex|regular expression|generics?\b|command|usage|code\b|java|typescript"
    r"|c\+\+)"
)
"""Tasks in which <name> is a tag, a type, or what is to be filled in."""


_ASK_IN_CHAT_FORMAT = (
    "go on if a base model wrote it, since the models that are trained on the rest stop by themselves, or ask a model "
    "that knows its chat template in it, with answering.format: chat"
)
_MEANT = "leave the rule out (--without, filter.without) if your seeds mean such outputs"
_NO_INPUT = "see whether seeds without an input have an empty one, and no word that says so"
_GIVE_INPUTS = "give seeds whose inputs are real texts: the model writes what it is shown"
_OTHER_LANGUAGE = "leave the rule out (--without, filter.without) if your rows are meant to be Chinese"
_PRECISE = "choose filter.rules: precise (--rules), which rejects only what is meant"
_WRITES_NOTHING = (
    "read some of the tasks: the model may not understand them, or end at once where its format is not met"
)


def clean_output(row: Row, rules: str) -> Row:
    """Return the row with its output cleaned as the set of rules has it.

    `reference` only removes a leading "答案:" ("answer:"), as published: white space around an output stays, and its
    rules see it. `precise` also strips the output, and `none` does nothing else.
    """
    if rules == "none":
        return {**row, "output": row["output"].strip()}
    output = row["output"] if rules == "reference" else row["output"].strip()
    output = _ANSWER_PREFIX.sub("", output)
    return {**row, "output": output if rules == "reference" else output.strip()}


def select_rules(name: str, without: Sequence[str] = ()) -> tuple[Rule, ...]:
    """Return the rules of a set, less those switched off; an unknown name raises UserError with all names.

    The empty set takes any set's names, so that `none` can be chosen without touching anything else.
    """
    rules = RULE_SETS[name]
    known = [rule.name for rule in rules or (*REFERENCE, *PRECISE)]
    if unknown := sorted(set(without) - set(known)):
        raise UserError(f"--without: {unknown[0]!r} is none of the rules of '{name}'; they are: {', '.join(known)}")
    return tuple(rule for rule in rules if rule.name not in without)


def _empty(row: Row) -> Finding | None:
    return {} if row["output"] == "" else None


def _blank(row: Row) -> Finding | None:
    return {} if not row["output"].strip() else None


def _truncated(row: Row) -> Finding | None:
    return {} if row.get("finish_reason") == "length" else None


def _input_is_substring(row: Row) -> Finding | None:
    return {} if row["input"].strip() and row["input"] in row["instruction"] else None


def _input_is_repeated(row: Row) -> Finding | None:
    text = row["input"].strip()
    whole_words = rf"(?<!\w){re.escape(text)}(?!\w)"
    return {} if text in row["instruction"] and text and re.search(whole_words, row["instruction"]) else None


def _chat_token(row: Row) -> Finding | None:
    for field in ("instruction", "input", "output"):
        text = _STRUCK_THROUGH.sub(" ", row[field])
        if _CLOSING_TAG.search(text):
            text = _STRUCK_THROUGH_LINES.sub(" ", text)
        if match := _CHAT_TOKEN.search(text):
            return {"field": field, "match": match[0]}
    return None


def _unasked_cjk(row: Row) -> Finding | None:
    match = _CJK.search(row["output"])
    return {"field": "output", "match": match[0]} if match and not asks_for(_ASKS_FOR_CJK, row) else None


def _unasked_options(row: Row) -> Finding | None:
    found = _options(row["output"], in_a_line=not _ASKS_FOR_STEPS.search(row["instruction"]))
    return {"field": "output", "match": found} if found and not asks_for(_ASKS_FOR_OPTIONS, row) else None


def _options(output: str, in_a_line: bool) -> str | None:
    first = _OPTION_A.search(output)
    if first and (second := _OPTION_B.search(output, first.end())):
        return f"{first[0].strip()} … {second[0].strip()}"
    found = _OPTIONS_BEHIND_A_QUESTION.search(output) or (in_a_line and _OPTIONS_IN_A_LINE.search(output))
    return found[0].strip() if found else None


def _placeholder(row: Row) -> Finding | None:
    patterns = (_MARKER,) if asks_for(_ABOUT_SLOTS, row) else (_MARKER, _SLOT)
    for pattern, field in product(patterns, ("input", "instruction")):
        if match := pattern.search(row[field]):
            return {"field": field, "match": match[0]}
    return None


REFERENCE = (
    pattern_rule(
        "turn_marker",
        "the output goes on with another turn",
        _ASK_IN_CHAT_FORMAT,
        r"(?i)\n(assistant|system|human|question|output|user)[:\n]",
        "output",
    ),
    pattern_rule("answer_choices", 'the output has "Answer Choices:"', _MEANT, r"(?i)Answer\sChoices:", "output"),
    pattern_rule("noinput_in_output", 'the output has "no input"', _NO_INPUT, r"(?i)noinput|no input", "output"),
    pattern_rule("can_you", 'a line of the output begins with "can you"', _PRECISE, r"(?i)\n\n?can you", "output"),
    pattern_rule("do_you", 'the output has "do you "', _PRECISE, r"(?i)do you .{1,50}?", "output"),
    pattern_rule("question", "a paragraph of the output soon has a ?", _PRECISE, r"(?i)\n\n.{1,100}\?", "output"),
    pattern_rule(
        "lettered_options",
        'the output has "A." to "E." or "(a)" to "(e)", "e.g." included',
        _PRECISE,
        r"(?:\b[A-Ea-e]\.|\([A-Ea-e]\))",
        "output",
    ),
    pattern_rule("cjk", "the output has Chinese characters", _OTHER_LANGUAGE, r"[\u4e00-\u9fff]+", "output"),
    pattern_rule(
        "placeholder",
        'input or instruction has "no input", "none" (even inside a word) or <…>',
        _PRECISE,
        r"(?i)noinput|no input|<.{1,20}>|none",
        "input",
        "instruction",
    ),
    Rule("input_in_instruction", "the instruction contains the input", _GIVE_INPUTS, _input_is_substring),
    Rule("empty_output", "the output is empty", _WRITES_NOTHING, _empty),
)

PRECISE = (
    Rule("truncated", "the output was cut off at the token limit", "raise answering.max_tokens", _truncated),
    Rule("blank_output", "the output is empty or only white space", _WRITES_NOTHING, _blank),
    Rule(
        "turn_marker",
        'a line of the output begins another turn or task ("User:", "Q:", "Input:") that nobody asked for',
        _ASK_IN_CHAT_FORMAT,
        unasked_turn,
    ),
    Rule(
        "next_task",
        "behind a first line that is the answer, the next one is another task, with its answer below",
        _ASK_IN_CHAT_FORMAT,
        unasked_task,
    ),
    Rule(
        "next_question",
        "a paragraph of the output is another question, and what follows answers it",
        _ASK_IN_CHAT_FORMAT,
        unasked_question,
    ),
    Rule(
        "chat_token",
        "it holds a token of some chat template, such as <|im_end|>, [INST] or </s>",
        "see whether the chat template of the model is its own (chat_template), and leave out seeds with such tokens",
        _chat_token,
    ),
    pattern_rule(
        "answer_choices", 'a line of the output is "Answer Choices:"', _MEANT, r"(?im)^answer choices:", "output"
    ),
    pattern_rule(
        "noinput_in_output",
        "the output has the marker of a missing input",
        _NO_INPUT,
        r"(?i)<\s*no[ _-]?input\s*>|\bnoinput\b",
        "output",
    ),
    pattern_rule(
        "question",
        "the last paragraph of the output is a question to the reader",
        _MEANT,
        r"\n\n(?i:can|could|do|did|have|are|will|would) you\b[^\n]{1,100}\?\s*\Z",
        "output",
    ),
    Rule(
        "lettered_options",
        "the output lists options A and B, in lines or in one, that nobody asked for",
        _MEANT,
        _unasked_options,
    ),
    Rule("cjk", "the output has Chinese characters that the task gives no reason for", _OTHER_LANGUAGE, _unasked_cjk),
    Rule(
        "placeholder",
        "input or instruction has a marker such as <noinput>, <your text> or <topic> instead of content",
        _GIVE_INPUTS,
        _placeholder,
    ),
    pattern_rule(
        "empty_input_word",
        'the whole input is "none", "n/a" or the like',
        _NO_INPUT,
        r"(?i)\A\W*(?:none|n/?a|no input|not applicable)\W*\Z",
        "input",
    ),
    Rule("input_in_instruction", "the instruction contains the input as whole words", _GIVE_INPUTS, _input_is_repeated),
)

RULE_SETS: dict[str, tuple[Rule, ...]] = {"reference": REFERENCE, "precise": PRECISE, "none": ()}
"""`none` is the paper's threshold -1: not even rule filtering."""


def describe_rules() -> str:
    """Return every set's rules and what each means, for --help."""
    return "\n\n".join(
        f"rules of '{name}', in order:\n" + "\n".join(f"  {rule.name:<21} {rule.meaning}" for rule in rules)
        for name, rules in RULE_SETS.items()
        if rules
    )
