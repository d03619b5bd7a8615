"""The chat templates that come with the project, by name, for base models that have none."""

FAMILIES = ("chatml", "llama3", "mistral", "gemma")
"""Each suits tokenizers that have its tokens."""
PLAIN = "plain"
"""Suits every tokenizer: it ends an answer with the end of text."""
NAMES = (*FAMILIES, PLAIN)


def template_file(chosen: str) -> str:
    """Return the path of a chat template that is named, or given as a path; raises ValueError for an unknown name."""
    if chosen in NAMES:
        return f"config/chat_templates/{chosen}.jinja"
    if "/" in chosen or chosen.endswith(".jinja"):
        return chosen
    raise ValueError(f"no chat template {chosen!r}: name one of {', '.join(NAMES)}, or a file, as ./mine.jinja")
