"""Groups are as large as their limit allows, in the order of what they hold."""

import pytest

from scripts.lib.rows.grouping import Lengths, grouped, padded_groups


@pytest.mark.parametrize(
    ("items", "groups"),
    [([], []), ([3], [[3]]), ([3, 3, 4, 1, 1], [[3, 3], [4, 1, 1]]), ([1, 9, 1, 5], [[1], [9], [1, 5]])],
)
def test_a_group_takes_what_fits_and_at_least_one_item(items, groups):
    assert list(grouped(items, lambda item: item, lambda load: load <= 6)) == groups


def test_rows_count_with_their_padding():
    lengths = [2, 6, 0, 3, 2, 7]
    assert list(padded_groups(range(6), lengths, 6)) == [[0], [1], [2, 3], [4], [5]]
    load = Lengths.of(2) + Lengths.of(6)
    assert (load.padded, load.padding) == (12, pytest.approx(1 / 3))
    assert load.longer(2).padding == 0.25
