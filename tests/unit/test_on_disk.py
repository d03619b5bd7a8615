"""Rows that lie on disk are those that were put there, whatever the order, and leave nothing behind."""

import gc

from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.rows.on_disk import RowsOnDisk
from tests.unit.test_readers import same_each_time

NUMBERS = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(st.none() | st.booleans() | NUMBERS | st.text(), st.lists, max_leaves=5)
ROWS = st.dictionaries(st.text(), VALUES, max_size=3)


@same_each_time
@given(put=st.lists(st.tuples(st.sampled_from("abcd"), ROWS), max_size=12), asked_between=st.booleans())
def test_the_last_row_of_each_id_is_there(tmp_path, put, asked_between):
    rows, wanted = RowsOnDisk(tmp_path), {}
    for identity, row in put:
        rows.put(identity, row)
        wanted[identity] = row
        assert not asked_between or rows[identity] == row
    assert dict(rows) == wanted and list(rows) == list(wanted) and len(rows) == len(wanted)
    assert "e" not in rows and rows.get("e") is None
    del rows
    gc.collect()
    assert not list(tmp_path.iterdir())
