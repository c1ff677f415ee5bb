"""A network is one file: another one needs no second, and under another name nothing else has to know it."""

from pathlib import Path
from typing import Any

import pytest

from ingest.networks import networks
from tests.worlds import made_up
from tests.worlds.copied import backwards, copied, python, renamed, walked

pytestmark = pytest.mark.slow

CONTRACT = "tests/ingest/test_every_network.py"
NEW = made_up.NETWORK.name


def with_a_file(folder: Path) -> Path:
    """The tree with one more file: a network that nobody has seen, in a colour that no other has."""
    tree = copied(folder)
    taken = {one.colour for one in networks().values()}
    free = min(set(range(1, len(taken) + 2)) - taken)
    source = Path(made_up.__file__).read_text().replace(f"colour={made_up.NETWORK.colour}", f"colour={free}")
    (tree / "ingest" / "networks" / f"{NEW}.py").write_text(source)
    return tree


@pytest.fixture(scope="module")
def with_a_new_one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_a_file(tmp_path_factory.mktemp("new") / "tree")


@pytest.fixture(scope="module")
def under_other_names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with every network renamed in its own file: name, title, token and base unit."""
    tree = with_a_file(tmp_path_factory.mktemp("renamed") / "tree")
    renamed(tree, {**networks(), NEW: made_up.NETWORK})
    return tree


@pytest.fixture(scope="module")
def shown(with_a_new_one: Path) -> dict[str, Any]:
    return walked(with_a_new_one)


@pytest.fixture(scope="module")
def shown_under_other_names(under_other_names: Path) -> dict[str, Any]:
    return walked(under_other_names)


# Pages that tell of those networks alone that have what they are about; any other page lists each.
OF_SOME = {"claims", "entity", "markets", "migration", "proposals", "trends"}


def unlisted(shown: dict[str, Any]) -> dict[str, set[str]]:
    """The networks that are missing in a page's lists of networks, by page."""
    return {page: {name for parts in of.values() for name in parts["unlisted"]} for page, of in shown.items()}


def failures(shown: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(page, net, text) for page, of in shown.items() for net, parts in of.items() for text in parts["failed"]]


def test_the_file_of_a_new_network_is_short() -> None:
    assert len(Path(made_up.__file__).read_text().splitlines()) < 60


def test_a_new_network_is_sampled_built_and_shown_on_every_page(shown: dict[str, Any]) -> None:
    assert failures(shown) == []
    assert shown["power"][NEW]["charts"]
    assert shown["power"][NEW]["tables"]


def test_each_network_of_the_field_is_listed_on_every_page_that_lists_them(shown: dict[str, Any]) -> None:
    missing = {page: names for page, names in unlisted(shown).items() if names}
    assert {page: names for page, names in missing.items() if page not in OF_SOME} == {}
    assert missing.keys() == OF_SOME, "a page that lists every network is no exception"


def test_a_new_network_keeps_the_contract(with_a_new_one: Path) -> None:
    told = python(with_a_new_one, "-m", "pytest", "-vv", CONTRACT)
    assert f"[{NEW}]" in told


def test_renamed_networks_are_sampled_built_and_shown_as_before(
    shown: dict[str, Any], shown_under_other_names: dict[str, Any]
) -> None:
    assert failures(shown_under_other_names) == []
    as_before = {
        page: {net and backwards(net): again(parts) for net, parts in listed(of).items()} for page, of in shown.items()
    }
    assert {page: listed(of) for page, of in shown_under_other_names.items()} == as_before


def listed(of: dict[str, Any]) -> dict[str, Any]:
    """Without the networks that a page does not list: in their place it shows its first one, whose name is another."""
    return {net: parts for net, parts in of.items() if net not in parts["unlisted"]}


def again(parts: dict[str, Any]) -> dict[str, Any]:
    """What a page has where every network is called otherwise."""
    return {**parts, "unlisted": sorted(map(backwards, parts["unlisted"]))}


def test_renamed_networks_keep_the_contract(under_other_names: Path) -> None:
    told = python(under_other_names, "-m", "pytest", "-vv", CONTRACT)
    assert all(f"[{backwards(name)}" in told for name in networks())
