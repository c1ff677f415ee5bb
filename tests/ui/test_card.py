"""A network's row of the scorecard: places, links and tooltips of ours, in which texts of strangers stay text."""

import re
from html import unescape
from types import SimpleNamespace
from typing import cast
from urllib.parse import parse_qsl

import pytest

from questions.proposals import Proposal
from tests.worlds.gallery_names import HOSTILE
from ui import card, inert
from ui.matrix import Tile


def tile(told: str = "Block 7", **at: str) -> Tile:
    return Tile("**3** can force :red-background[two parties]", told, at)


def votes(*keys: str) -> list[Proposal]:
    return [cast(Proposal, SimpleNamespace(key=key, number=key.rpartition(":")[2] or key)) for key in keys]


def test_a_number_leads_to_its_place_in_the_same_tab() -> None:
    (asked,) = re.findall(
        'target="_self" href="power[?]([^"]*)"', card.leading(tile(net="a", of="b/c"), "x", dated=False)
    )
    assert dict(parse_qsl(unescape(asked))) == {"net": "a", "of": "b/c"}


def test_a_number_that_no_page_shows_leads_nowhere_and_is_reached_by_the_keyboard_for_its_tooltip() -> None:
    told = card.leading(tile(), "x", dated=False)
    assert "<a" not in told
    assert 'tabindex="0" aria-describedby="x"' in told
    assert 'role="tooltip" id="x" hidden>Block 7</span>' in told


def test_what_is_no_longer_of_today_has_no_colour() -> None:
    assert ":gray-background[" in card.leading(tile(net="a"), "x", dated=True)


def test_of_many_open_votes_the_first_few_are_linked_each_by_its_own_key() -> None:
    found = card.voting(votes(*(f"a:chain-1:{place}" for place in range(card.VOTES + 2))))
    assert len(found) == card.VOTES
    assert 'href="proposals?p=a%3Achain-1%3A0"' in found[0]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_key_and_no_number_of_a_stranger_ends_a_link(name: str) -> None:
    (link,) = card.voting(votes(name))
    before, _, after = link.partition(inert.markdown(name.rpartition(":")[2] or name))
    assert re.fullmatch(r'<a class="leads" target="_self" href="proposals[?]p=[^"<>\s]*" >[^<>]*', before)
    assert after == "</a>"


@pytest.mark.parametrize("name", HOSTILE)
def test_every_text_of_a_stranger_stands_where_markdown_is_read_so_that_its_escapes_count(name: str) -> None:
    """Between the lines that are HTML there is an empty one; what is in a line begins with no tag that is all of it."""
    said = inert.markdown(name)
    tiles = card.side_by_side([card.leading(tile(said, net="a"), "x", dated=False)])
    lines = card.card("a", [f"**{said}**"], [said], tiles).split("\n")
    html = [place for place, line in enumerate(lines) if line.startswith(("<div", "</div"))]
    assert not [lines[place] for place in html if said and said in lines[place]]
    assert all(not lines[place + 1] for place in html[:-1])


def test_without_a_resource_there_is_no_place_for_one() -> None:
    assert card.side_by_side([]) == []


def test_a_row_is_written_once_for_all_readers_of_a_minute_and_anew_after_a_fault() -> None:
    written = iter(["one", "two"])
    assert [card.once(("mart", "a", minute), lambda: next(written)) for minute in (1, 1, 2, 1)] == [
        "one",
        "one",
        "two",
        "one",
    ]
    with pytest.raises(StopIteration):
        card.once(("mart", "b"), lambda: next(written))
    assert card.once(("mart", "b"), lambda: "three") == "three"
