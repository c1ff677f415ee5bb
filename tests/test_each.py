"""A test of many cases tries every one, and names each that fails."""

import pytest
from hypothesis import settings

from tests.conftest import FAST
from tests.worlds.each import each


def test_every_case_is_tried_and_each_that_fails_is_named() -> None:
    tried = []

    @each("base", (10, 16))
    @each(("text", "number"), [("7", 7), ("8", 9), ("x", 1)], ids=str)
    def read(text: str, number: int, base: int) -> None:
        tried.append((text, base))
        assert int(text, base) == number

    with pytest.raises(ExceptionGroup, match="2 of 2 cases") as failed:
        read()
    assert tried == [(text, base) for base in (10, 16) for text in "78x"]
    for of_base, base in zip(failed.value.exceptions, (10, 16), strict=True):
        assert isinstance(of_base, ExceptionGroup)
        assert of_base.__notes__ == [f"case {base}"]
        assert [one.__notes__ for one in of_base.exceptions] == [["case 8, 9"], ["case x, 1"]]


def test_a_case_that_the_test_does_not_take_is_refused() -> None:
    with pytest.raises(AssertionError, match="does not take"):
        each("other", (1,))(lambda one: None)


def test_of_a_table_a_fast_run_tries_a_few() -> None:
    tried = []

    @pytest.mark.table
    @each("case", range(12))
    def table(case: int) -> None:
        tried.append(case)

    before = settings.get_current_profile_name()
    try:
        for profile in ("fast", "observatory"):
            settings.load_profile(profile)
            table()
    finally:
        settings.load_profile(before)
    assert tried == [0, 3, 6, 9, *range(12)]


@pytest.mark.parametrize("case", range(9))
def test_of_cases_that_pytest_makes_too(case: int, pytestconfig: pytest.Config) -> None:
    assert case in (0, 3, 6) or pytestconfig.option.markexpr != FAST
