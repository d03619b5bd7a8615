"""Command line options made from the configuration: type, range, choices, default and help are stated once."""

import argparse
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from scripts.lib.config.sections import Section


def add_options(parser: argparse._ActionsContainer, section: type[Section], *keys: str) -> None:
    """Add an option for each key of a section: `--max-tokens` for max_tokens, a flag without a value for a switch."""
    for key in keys:
        field = section.model_fields[key]
        name = f"--{key.replace('_', '-')}"
        text = (field.description or "").replace("%", "%%")
        if field.annotation is bool:
            parser.add_argument(name, action="store_true", help=text)
            continue
        parser.add_argument(
            name,
            type=_reader(field),
            default=field.default,
            help=f"{text} (default: %(default)s)",
            metavar=_metavar(field),
        )


def _reader(field: FieldInfo) -> Callable[[str], Any]:
    """Return what turns the text of an option into a value of the field, or says what is wrong with it."""
    adapter: TypeAdapter[Any] = TypeAdapter(Annotated[field.annotation, field])  # type: ignore[arg-type]

    def read(text: str) -> Any:
        try:
            return adapter.validate_python(text)
        except ValidationError as error:
            raise argparse.ArgumentTypeError(f"{error.errors()[0]['msg']}, not {text!r}") from error

    return read


def _metavar(field: FieldInfo) -> str | None:
    choices = getattr(field.annotation, "__args__", ()) if "Literal" in str(field.annotation) else ()
    return "{" + ",".join(map(str, choices)) + "}" if choices else None
