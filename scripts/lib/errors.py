"""The one exception that is meant for the user's eyes, and how it quotes another."""


class UserError(Exception):
    """Something the user can mend: the message names the file, line or key, and the remedy."""


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, for quoting inside another; with the next if it leads to that."""
    first, *rest = (str(error).strip() or type(error).__name__).splitlines()
    return f"{first} {rest[0].strip()}" if rest and first.endswith(":") else first
