"""Command line options made from the configuration: type, range, choices, default and help are stated once."""

import argparse
import contextlib
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args, get_origin

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from scripts.lib.config.sections import Section
from scripts.lib.errors import UserError

Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0)]
Temperature = Annotated[float, Field(ge=0)]

LONGEST_SHOWN = 60
NULL = "null"


def add_options(parser: argparse._ActionsContainer, section: type[Section], *keys: str) -> None:
    """Add an option for each key of a section: `--max-tokens` for max_tokens.

    A switch has a flag without a value, and another that begins with `--no-`. A key that may be null takes `null`, as
    in a configuration; one that may be a list takes several values.
    """
    for key in keys:
        field = section.model_fields[key]
        name = f"--{key.replace('_', '-')}"
        text = (field.description or "").replace("%", "%%")
        if field.annotation is bool:
            parser.add_argument(name, action=argparse.BooleanOptionalAction, default=field.default, help=text)
            continue
        kind: Any = Annotated[field.annotation, field]
        if _may_be_a_list(field):
            options = {"nargs": "+", "action": _OneOrMore, "kind": kind, "metavar": "NAME"}
            parser.add_argument(name, **options, default=field.default, help=f"{text} (default: %(default)s)")
            continue
        read = checked(kind)
        parser.add_argument(
            name,
            type=_or_null(read) if type(None) in get_args(field.annotation) else read,
            default=field.default,
            help=text if field.default is None else f"{text} (default: %(default)s)",
            metavar=_metavar(field),
        )


def option_values(section: type[Section], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values of a section's keys by the names of the options that give them; True is a flag, False is none.

    So a switch that is on by default has another name where it is off: no_end_of_turn.
    """
    off = [key for key, value in values.items() if value is False and section.model_fields[key].default is True]
    return {key: NULL if value is None else value for key, value in values.items()} | {f"no_{key}": True for key in off}


class _OneOrMore(argparse.Action):
    """Keeps one value as it is where the key may be that, and else all of them as a list."""

    def __init__(self, *args: Any, kind: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._kind = kind

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        adapter: TypeAdapter[Any] = TypeAdapter(self._kind)
        for given in (*values[: len(values) == 1], tuple(values)):
            with contextlib.suppress(ValidationError):
                setattr(namespace, self.dest, adapter.validate_python(given))
                return
        raise argparse.ArgumentError(self, f"not {' '.join(values)[:LONGEST_SHOWN]!r}")


def _may_be_a_list(field: FieldInfo) -> bool:
    """Return whether a list is among what a key may be."""
    return any(get_origin(get_args(kind)[0]) is tuple for kind in get_args(field.annotation) if get_args(kind))


def checked(kind: Any) -> Callable[[str], Any]:
    """Return what turns the text of an option into a value of a type that pydantic knows, or says what is wrong.

    Numbers must be finite, whatever the type says: nothing is above or below NaN.
    """
    adapter: TypeAdapter[Any] = TypeAdapter(kind, config=ConfigDict(allow_inf_nan=False))

    def read(text: str) -> Any:
        try:
            return adapter.validate_python(text)
        except ValidationError as error:
            raise argparse.ArgumentTypeError(f"{error.errors()[0]['msg']}, not {text[:LONGEST_SHOWN]!r}") from error

    return read


def check_together(section: type[Section], args: argparse.Namespace, *keys: str) -> None:
    """Raise UserError where options of a section, each right by itself, do not fit together."""
    try:
        section.model_validate({key: getattr(args, key) for key in keys})
    except ValidationError as error:
        raise UserError(f"options: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from error


def _or_null(read: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: None if text == NULL else read(text)


def _metavar(field: FieldInfo) -> str | None:
    choices = getattr(field.annotation, "__args__", ()) if "Literal" in str(field.annotation) else ()
    return "{" + ",".join(map(str, choices)) + "}" if choices else None
