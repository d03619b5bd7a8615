"""What a row says of how its parts came to be: `made_by`, with an entry for each step."""

from typing import Any

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.strict_json import shown


def made_by(row: Row, step: str, maker: dict[str, Any], place: str) -> dict[str, Any]:
    """Return a row's makers with that of one more step; raises UserError, led by `place`, if it has others there."""
    earlier = row.get("made_by", {})
    if not isinstance(earlier, dict):
        raise UserError(
            f"{place}: row {row['id']!r}: made_by must be an object, an entry a step, not {shown(earlier)}; "
            "rename the field"
        )
    return {**earlier, step: maker}
