"""What files of ours must look like, checked where they are read, so that nothing trips over them later."""

from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from scripts.lib.errors import UserError


class Shape(BaseModel):
    """Fields that an object must have; others are passed over, and nothing is converted."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)


def check_shape(shape: TypeAdapter[Any], value: Any, place: str, remedy: str) -> None:
    """Raise UserError, led by `place`, that names what is wrong with a value; the value itself stays as it is."""
    try:
        shape.validate_python(value)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        wrong = problem["msg"].removeprefix("Value error, ")
        wrong = wrong.partition(" or instance of ")[0]  # what our classes are called helps nobody
        raise UserError(f"{place}: {where + ': ' if where else ''}{wrong}; {remedy}") from error


def has_shape(shape: TypeAdapter[Any], value: Any) -> bool:
    """Return whether a value has a shape, for what may be made anew where it has not."""
    try:
        check_shape(shape, value, "", "")
    except UserError:
        return False
    return True
