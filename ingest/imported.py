"""Networks that no file here describes: a state file tells of them, and who imported it gave them a name.

Such a network is `imported-NAME` in every table and link and "TITLE (imported)" on every page. It is never a network
of the program, not even of a later version, and none may look like one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ingest.cosmos.readings import PARTIES, RULES, SCORECARD, UNITS, WAYS
from ingest.network import Network
from ingest.state_file import Mismatch
from store.described import IMPORTED, NAME, Described
from store.rows import Decision

MARK: Final = " (imported)"
# Letters of ASCII that look like others, or are written for them; two that look like one first.
PAIRS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"))
ALIKE: Final = str.maketrans("01i345789", "olleastbg")


def imported(descriptions: Mapping[str, str], known: Iterable[Network]) -> dict[str, Network]:
    """The networks that were imported, by name, each in a look that none of the known ones has."""
    last = max((one.colour for one in known), default=0)
    return {
        name: _network(name, Described.read(told), last + place)
        for place, (name, told) in enumerate(sorted(descriptions.items()), start=1)
    }


def named(name: str, told: Described) -> Network:
    """An imported network by the name that its tables have, for those who need no look of it."""
    return _network(name, told, 0)


def _network(name: str, told: Described, colour: int) -> Network:
    """What its family declares, and what it was told to be; nothing is read of it."""
    return Network(
        name=name,
        title=f"{told.title}{MARK}",
        stack=told.stack,
        token=told.token,
        unit=told.unit,
        decimals=told.decimals,
        address=f"bech32:{told.prefix}",
        chain_ids=(told.chain_id,),
        rules=RULES,
        ways=WAYS,
        tokens_vote=True,
        decision=Decision.STAKE_TALLY,
        units=UNITS,
        parties=PARTIES,
        scorecard=SCORECARD,
        colour=colour,
    )


def full_name(name: str) -> str:
    """What a NAME becomes in tables and links; raises Mismatch where it has not the form of one."""
    if not NAME.fullmatch(name):
        raise Mismatch(f"--as {name[:80]!r}: small letters and digits, in parts joined by hyphens, such as a-chain-2")
    return f"{IMPORTED}{name}"


def refuse_taken(name: str, told: Described, known: Iterable[Network], others: Iterable[Network]) -> None:
    """Refuse a name or a title that a reader may take for that of another network.

    known: the networks of the program, whose names may not even stand among other words. others: imported ones.
    """
    mine = {skeleton(word): one for one in known for word in _words(one)}
    theirs = {skeleton(word): one for one in others for word in _words(one)}
    for said, text in (("--as", name.removeprefix(IMPORTED)), ("--title", told.title)):
        runs = [skeleton(run) for run in _runs(text)]
        if skeleton(IMPORTED) in runs:
            raise Mismatch(f"{said} {text!r}: every imported network is called imported already")
        if other := next((mine[run] for run in runs if run in mine), theirs.get(skeleton(text))):
            raise Mismatch(
                f"{said} {text!r} has the name of {other.title} ({other.name}), or one that looks like it; "
                "what is a state of that network is imported under its own name"
            )


def _words(one: Network) -> tuple[str, ...]:
    """What a network is called: its name, its title, and that without what stands in brackets behind it."""
    return one.name.removeprefix(IMPORTED), one.title, one.title.partition(" (")[0]


def _runs(text: str) -> Iterator[str]:
    """Every run of whole words of a text."""
    words = re.findall("[A-Za-z0-9]+", text)
    for first in range(len(words)):
        for last in range(first, len(words)):
            yield "".join(words[first : last + 1])


def skeleton(text: str) -> str:
    """A text without what a hurried reader does not see: case, hyphens and blanks, letters that look like others."""
    letters = re.sub("[^a-z0-9]", "", text.lower())
    for pair, one in PAIRS:
        letters = letters.replace(pair, one)
    return letters.translate(ALIKE)
