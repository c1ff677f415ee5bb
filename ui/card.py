"""A network's row of the scorecard as one piece of Markdown: each element more costs the server a message a reader.

Of HTML it has places, links and tooltips, all written here; every text of a chain comes escaped (`inert.markdown`) and
stands between blank lines, where it is Markdown. ui/shell.py has the style, and what makes a click stay in the session.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Final
from urllib.parse import urlencode

from questions.proposals import Proposal
from ui import inert, matrix
from ui.kept import Kept
from ui.matrix import Tile

# Of many open votes only so many are linked.
VOTES: Final = 5
# Rows of some minutes.
KEPT: Final = 200
POWER: Final = "power"
PROPOSALS: Final = "proposals"


def once(told: tuple[Hashable, ...], write: Callable[[], str]) -> str:
    """A row as it is written the first time; told: all by which it differs from others, the mart among it."""
    return _kept(told).answer(write)


@lru_cache(maxsize=KEPT)
def _kept(_told: tuple[Hashable, ...]) -> Kept[str]:
    return Kept()


def card(network: str, *parts: Sequence[str]) -> str:
    """The parts of a row side by side, on a phone below each other; the last is how each resource is spread.

    network: its name, by which what it has in the page is named, too.
    """
    places = "\n\n</div><div>\n\n".join("\n\n".join(part) for part in parts)
    return f'<div class="card" data-network="{escape(network)}"><div>\n\n{places}\n\n</div></div>'


def side_by_side(tiles: Sequence[str]) -> list[str]:
    """Tiles as many in a row as fit; nothing where there is none."""
    return ['<div class="tiles">', *tiles, "</div>"] if tiles else []


def leading(tile: Tile, name: str, *, dated: bool) -> str:
    """A number that leads to the place that shows it; its tooltip comes with the pointer and with the keyboard.

    name: what no other number of the page is called. dated: whether it is no longer of today.
    """
    text = matrix.greyed(tile.text) if dated else tile.text
    said = f'aria-describedby="{escape(name)}"'
    shown = _link(POWER, tile.at, text, said) if tile.at else f'<span class="leads" tabindex="0" {said}>{text}</span>'
    return f'{shown}<span role="tooltip" id="{escape(name)}" hidden>{tile.told}</span>'


def voting(votes: Sequence[Proposal]) -> list[str]:
    """The votes of a network that are open, the first few of many."""
    said = ":material/how_to_vote: Vote open: "
    return [_link(PROPOSALS, {"p": vote.key}, said + inert.markdown(vote.number)) for vote in votes[:VOTES]]


def _link(page: str, asked: Mapping[str, str], text: str, said: str = "") -> str:
    """A link within this application, in the same tab."""
    return f'<a class="leads" target="_self" href="{escape(f"{page}?{urlencode(asked)}")}" {said}>{text}</a>'
