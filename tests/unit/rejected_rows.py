"""What a rejected row says, read as tests compare it."""

import json


def verdict_of(row):
    """The rule that rejected a row, with what it saw."""
    return {"rule": row["rejected"]["rule"], **json.loads(row["rejected"]["detail"])}


def others_of(row):
    """The fields of a rejected row that are not columns of all rejected rows."""
    return json.loads(row["other_fields"])
