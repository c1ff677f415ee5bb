"""A fault in one part of a page: the reader sees the rest, and what failed, in words and at its place."""

import ast
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Element

from ingest.networks import networks
from ingest.publication import build
from publish import swept
from store.landing import Landing
from tests.conftest import ROOT
from tests.pages.test_every_page import PAGES
from tests.pages.test_market_page import land_akash, land_scoring, land_services
from tests.pages.test_migration_page import land_merger
from tests.worlds.hamlet import address
from tests.worlds.moving_chain import called
from ui import inert, served
from ui.banners import BROKEN

pytestmark = pytest.mark.slow

# The addresses of a page that together show all of its sections. A section that none of them shows fails its test.
AKASH_VOTER: Final = address("akash", 4)
SEEN_AT: Final[dict[str, list[dict[str, str]]]] = {
    "power": [{"way": "stop"}],
    "claims": [{"claim": "tao-subnets"}],
    "markets": [{"net": "akash"}, {"net": "bittensor"}, {"net": "singularitynet"}],
    "entity": [{"of": f"akash:{address('akash', 2)}"}, {"q": "Honest"}, {}],
    "proposals": [{"p": "akash:2", "q": AKASH_VOTER}],
    "scorecard": [{"more-akash": "true", "unread-compute": "true", "all": "true", "yardsticks": "true"}],
}
# A minute may pass between two looks at the same page.
AGE: Final = re.compile(r"(under )?\d+ (min|h|days|years)( ago)?")
# Drawn when a bar is clicked, which no test without a browser can do.
CLICKED: Final = {"power party"}


@pytest.fixture(scope="module")
def town(hamlet: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The small world with a market, so that every section has something to show."""
    data = tmp_path_factory.mktemp("town")
    shutil.copytree(hamlet / "landing", data / "landing")
    land_akash(Landing(data))
    land_services(Landing(data))
    land_scoring(Landing(data))
    land_merger(Landing(data))
    build(data, networks())
    with pytest.MonkeyPatch.context() as few:
        few.setattr(swept, "REPLICATES", 10)
        assert called(data, "sweep", "--network", "akash")[0] == 0
    yield data
    served.forget()


@cache
def functions(module: str) -> list[ast.FunctionDef]:
    tree = ast.parse((ROOT / module).read_text())
    return [one for one in tree.body if isinstance(one, ast.FunctionDef)]


def sections(module: str) -> dict[str, ast.FunctionDef]:
    """The functions that answer nothing, so that they draw; those that answer something draw nothing but controls."""
    return {one.name: one for one in functions(module) if ast.unparse(one.returns or ast.Constant(0)) == "None"}


@cache
def inner(module: str) -> list[str]:
    """The sections of a module in which no other is."""
    known = sections(module)
    return [
        name
        for name, one in known.items()
        if not known.keys() & {part.id for part in ast.walk(one) if isinstance(part, ast.Name)}
    ]


# The modules that are made of sections, with the page that shows them.
MADE_OF_SECTIONS: Final = {**{f"pages/{page}.py": page for page in PAGES}, "ui/akash.py": "markets"}
# The innermost of a module fail all at once, the others one by one.
FAILING: Final = [
    (module, failing)
    for module in MADE_OF_SECTIONS
    for failing in [tuple(inner(module)), *((one,) for one in sections(module) if one not in inner(module))]
]


@pytest.mark.parametrize("module", MADE_OF_SECTIONS)
def test_all_that_a_page_draws_is_in_sections(module: str) -> None:
    marked = {one.name: [ast.unparse(mark) for mark in one.decorator_list] for one in functions(module)}
    assert marked == {one: ["frame.section"] if one in sections(module) else [] for one in marked}


def test_every_module_with_sections_is_tried() -> None:
    shared = {f"ui/{path.name}" for path in (ROOT / "ui").glob("*.py") if "@frame.section" in path.read_text()}
    assert shared <= MADE_OF_SECTIONS.keys()


def with_statement(module: str, failing: Sequence[str], statement: str) -> str:
    """A module in whose failing sections a statement comes first."""
    tree = ast.parse((ROOT / module).read_text())
    for one in tree.body:
        if isinstance(one, ast.FunctionDef) and one.name in failing:
            one.body[1:1] = ast.parse(statement.format(said=said(one))).body
    return ast.unparse(tree)


def site(folder: Path, module: str, text: str, patch: pytest.MonkeyPatch) -> Path:
    """A copy of app.py and its pages in which one module says something else."""
    if not folder.exists():
        shutil.copytree(ROOT / "pages", folder / "pages", ignore=shutil.ignore_patterns("__pycache__"))
    if module.startswith("pages/"):
        (folder / module).write_text(text)
    else:
        # What pages share is imported once and for all, so it is put in the place of what was imported.
        name = module.removesuffix(".py").replace("/", ".")
        import_module(name)
        other = ModuleType(name)
        exec(compile(text, module, "exec"), other.__dict__)
        patch.setattr(name, other)
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
    return [
        (one.type, AGE.sub("a while ago", str(getattr(one, "value", ""))))
        for one in test.main
        if isinstance(one, Element)
    ]


@pytest.mark.parametrize(("module", "failing"), FAILING, ids=lambda one: one if isinstance(one, str) else "+".join(one))
def test_a_page_with_a_fault_is_the_page_without_that_part_and_says_so_at_its_place(
    module: str,
    failing: tuple[str, ...],
    town: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("DEAI_DATA", str(town))
    page = MADE_OF_SECTIONS[module]
    faulty = with_statement(module, failing, "raise ZeroDivisionError('planted')")
    without = with_statement(module, failing, "st.error('{said}')\nreturn")
    all_told = {said(sections(module)[one]) for one in failing if f"{page} {one}" not in CLICKED}
    told = set()
    for query in SEEN_AT.get(page, [{}]):
        caplog.clear()
        found = drawn(site(tmp_path / "faulty", module, faulty, monkeypatch), page, query)
        errors = sum(kind == "error" for kind, _ in found)
        assert errors == sum(record.exc_info is not None for record in caplog.records)
        if not errors:
            continue
        wanted = drawn(site(tmp_path / "without", module, without, monkeypatch), page, query)
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
    from store.faults import BadData
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
