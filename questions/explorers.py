"""Where else an entity's addresses can be looked up: pages of explorers that somebody curated, and no others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from questions.entity import Member
from store.addresses import account
from store.mart import Mart
from store.reference import PLACE
from store.spelling import is_address

_EXPLORERS: Final = "SELECT network, title, account FROM explorer ORDER BY place"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an explorer on an address of a network."""

    network: str
    title: str
    address: str
    url: str


def pages(mart: Mart, members: Sequence[Member]) -> list[Page]:
    """The pages on some addresses, each once.

    Only what has the form of its network's addresses goes into a link: nothing else that a chain says can.
    """
    known = mart.table(_EXPLORERS).rows()
    found: dict[str, Page] = {}
    for one in members:
        if not one.spelling or not is_address(one.canonical, one.spelling):
            continue
        # Explorers know a validator of a Cosmos chain by names of their own, and everybody by the account.
        shown = account(one.canonical) if "valoper1" in one.canonical else one.address
        for network, title, form in known:
            if network == one.network:
                url = form.replace(PLACE, shown)
                found.setdefault(url, Page(one.title, title, shown, url))
    return list(found.values())
