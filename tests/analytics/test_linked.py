"""Who belongs together, by what they share."""

from hypothesis import given
from hypothesis import strategies as st

from analytics.linked import linked


def test_who_shares_a_mark_is_together_also_through_others() -> None:
    marks = {"a": ["x"], "b": [], "c": ["y"], "d": ["x", "y"], "e": ["z"], "f": ["z"], "g": []}
    assert linked(marks) == [["a", "c", "d"], ["b"], ["e", "f"], ["g"]]


@given(st.dictionaries(st.integers(0, 12), st.sets(st.integers(0, 12)), max_size=12))
def test_groups_are_the_ones_that_a_flood_finds(marks: dict[int, set[int]]) -> None:
    for group in linked(marks):
        reached, seen = set(group[:1]), set(marks[group[0]])
        while more := {member for member, own in marks.items() if own & seen} - reached:
            reached |= more
            seen = seen.union(*(marks[member] for member in more))
        assert reached == set(group)
