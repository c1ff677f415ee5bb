"""A fault in one part of a page: the reader sees the rest, and what failed, in words and at its place."""

import ast
import shutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Element

from ingest.networks import networks
from ingest.publication import build
from store.landing import Landing
from tests.conftest import ROOT
from tests.pages.test_every_page import PAGES
from tests.pages.test_market_page import land_akash, land_services
from tests.worlds.hamlet import address
from ui import inert
from ui.banners import BROKEN

pytestmark = pytest.mark.slow

# The addresses of a page that together show all of its sections. A section that none of them shows fails its test.
AKASH_VOTER: Final = address("akash", 4)
SEEN_AT: Final[dict[str, list[dict[str, str]]]] = {
    "markets": [{"net": "akash"}, {"net": "bittensor"}, {"net": "singularitynet"}],
    "power": [{"q": "Honest"}],
    "proposals": [{"p": "akash:2", "q": AKASH_VOTER}],
}
# Drawn when a bar is clicked, which no test without a browser can do.
CLICKED: Final = {"power party"}


@pytest.fixture(scope="module")
def town(hamlet: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The small world with a market, so that every section has something to show."""
    data = tmp_path_factory.mktemp("town")
    shutil.copytree(hamlet / "landing", data / "landing")
    land_akash(Landing(data))
    land_services(Landing(data))
    build(data, networks())
    yield data
    st.cache_resource.clear()


@cache
def functions(page: str) -> list[ast.FunctionDef]:
    tree = ast.parse((ROOT / "pages" / f"{page}.py").read_text())
    return [one for one in tree.body if isinstance(one, ast.FunctionDef)]


def sections(page: str) -> dict[str, ast.FunctionDef]:
    """The functions that answer nothing, so that they draw; those that answer something draw nothing but controls."""
    return {one.name: one for one in functions(page) if ast.unparse(one.returns or ast.Constant(0)) == "None"}


@cache
def inner(page: str) -> list[str]:
    """The sections of a page in which no other is."""
    known = sections(page)
    return [
        name
        for name, one in known.items()
        if not known.keys() & {part.id for part in ast.walk(one) if isinstance(part, ast.Name)}
    ]


# The innermost of a page fail all at once, the others one by one.
FAILING: Final = [
    (page, failing)
    for page in PAGES
    for failing in [tuple(inner(page)), *((one,) for one in sections(page) if one not in inner(page))]
]


@pytest.mark.parametrize("name", PAGES)
def test_all_that_a_page_draws_is_in_sections(name: str) -> None:
    marked = {one.name: [ast.unparse(mark) for mark in one.decorator_list] for one in functions(name)}
    assert marked == {one: ["frame.section"] if one in sections(name) else [] for one in marked}


def site(folder: Path, page: str, failing: Sequence[str], statement: str) -> Path:
    """A copy of app.py and its pages; in some sections of one page a statement comes first."""
    shutil.copytree(ROOT / "pages", folder / "pages", ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "pages" / f"{page}.py"
    tree = ast.parse(path.read_text())
    for one in tree.body:
        if isinstance(one, ast.FunctionDef) and one.name in failing:
            one.body[1:1] = ast.parse(statement.format(said=said(one))).body
    path.write_text(ast.unparse(tree))
    return Path(shutil.copy(ROOT / "app.py", folder))


def said(section: ast.FunctionDef) -> str:
    """A section in its own words."""
    return (ast.get_docstring(section) or "").splitlines()[0].rstrip(".")


def drawn(app: Path, page: str, query: Mapping[str, str]) -> list[tuple[str, str]]:
    """All that a page shows, from top to bottom: kinds with their texts."""
    test = AppTest.from_file(str(app), default_timeout=60)
    test.switch_page(f"pages/{page}.py")
    for key, value in query.items():
        test.query_params[key] = value
    test.run()
    assert not test.exception
    return [(one.type, str(getattr(one, "value", ""))) for one in test.main if isinstance(one, Element)]


@pytest.mark.parametrize(("name", "failing"), FAILING, ids=lambda one: one if isinstance(one, str) else "+".join(one))
def test_a_page_with_a_fault_is_the_page_without_that_part_and_says_so_at_its_place(
    name: str,
    failing: tuple[str, ...],
    town: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("DEAI_DATA", str(town))
    faulty = site(tmp_path / "faulty", name, failing, "raise ZeroDivisionError('planted')")
    without = site(tmp_path / "without", name, failing, "st.error('{said}')\nreturn")
    all_told = {said(sections(name)[one]) for one in failing if f"{name} {one}" not in CLICKED}
    told = set()
    for query in SEEN_AT.get(name, [{}]):
        caplog.clear()
        found = drawn(faulty, name, query)
        errors = sum(kind == "error" for kind, _ in found)
        assert errors == sum(record.exc_info is not None for record in caplog.records)
        if not errors:
            continue
        wanted = drawn(without, name, query)
        assert [kind for kind, _ in found] == [kind for kind, _ in wanted]
        for (kind, text), (_, expected) in zip(found, wanted, strict=True):
            told |= {expected} if kind == "error" else set()
            assert text == (failure(expected) if kind == "error" else expected)
        if told == all_told:
            return
    assert told == all_told


def failure(what: str) -> str:
    why = inert.markdown("An error of ours (ZeroDivisionError); the server's log has its trace", 300)
    return f"**{BROKEN}: {inert.markdown(what, 200)}.** {why}. The rest of the page holds."


def one_section() -> None:
    import streamlit as st

    from analytics.impossible import Impossible
    from store.rows import BadData
    from ui import frame

    @frame.section
    def ours() -> None:
        """What a reading refused."""
        raise BadData("akash votes: a vote without <b>weight</b>")

    @frame.section
    def stopped() -> None:
        """Nothing."""
        st.stop()

    @frame.section
    def arithmetic() -> None:
        """A count."""
        raise Impossible("5 of 4 shares")

    ours()
    arithmetic()
    st.markdown("the rest")
    stopped()
    st.markdown("never")


def test_our_errors_are_told_in_our_words_and_a_stop_is_no_fault() -> None:
    shown = AppTest.from_function(one_section, default_timeout=60).run()
    told, counted = shown.error
    assert told.value == (
        f"**{BROKEN}: What a reading refused.** Akash votes\\: a vote without \\<b\\>weight\\<\\/b\\>. "
        "The rest of the page holds."
    )
    assert counted.value == f"**{BROKEN}: A count.** 5 of 4 shares. The rest of the page holds."
    assert [one.value for one in shown.markdown] == ["the rest"]
