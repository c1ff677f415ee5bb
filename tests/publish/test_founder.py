"""What a founder might try: no text moves a headline, no budget makes one better, and none makes a rival's worse."""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from ingest.networks import networks
from store.columns import Column
from store.mart import Mart, opened
from tests.conftest import ROOT
from tests.worlds.chains import Chain, headlines, published
from tests.worlds.documented import table
from tests.worlds.each import each
from tests.worlds.founder import LETTERS, chain, moved, rivalled, shows, talked

pytestmark = pytest.mark.slow

TRIALS: Final = 2
THIRTY: Final = Chain(
    dict.fromkeys(range(30), 1_000),
    {n: {"moniker": f"V{n}", "identity": f"{n:016X}", "website": f"v{n}.example"} for n in range(30)},
)
LABELLED: Final = replace(THIRTY, labels={number: (f"firm-{number}", "operator") for number in range(30)})
BETWEEN: Final = {300 + n: {"identity": f"{n:016X}", "website": f"v{n + 1}.example"} for n in range(10)}
ALIKE: Final = {number: {**words, "website": "v0.example"} for number, words in THIRTY.texts.items()}
WHALE: Final = Chain({0: 40_000, **dict.fromkeys(range(1, 31), 2_000)})
FIRM: Final = replace(WHALE, labels={number: (f"firm-{number}", "operator") for number in WHALE.stake})

# Before and after: what an attack by texts alone changes is nothing.
TALK: Final[Mapping[str, tuple[Chain, Chain]]] = {
    "ten validators without stake between thirty": (THIRTY, replace(THIRTY, texts={**THIRTY.texts, **BETWEEN})),
    "all with one site": (THIRTY, replace(THIRTY, texts=ALIKE)),
    "pairs with shared sites": (LABELLED, replace(LABELLED, texts=ALIKE)),
    "all say all of the first": (THIRTY, replace(THIRTY, texts=dict.fromkeys(range(30), THIRTY.texts[0]))),
    "the name of a firm": (LABELLED, replace(LABELLED, texts={number: {"moniker": "Firm-1"} for number in range(30)})),
}
# A headline may not get better where somebody moves what he has.
MOVES: Final[Mapping[str, tuple[Chain, Chain]]] = {
    "forty per cent split into a hundred": (
        WHALE,
        replace(WHALE, stake={**dict.fromkeys(range(100, 200), 400), **dict.fromkeys(range(1, 31), 2_000)}),
    ),
    "a labelled firm to keys without a label": (
        FIRM,
        replace(FIRM, stake={**FIRM.stake, 0: 2_000, **dict.fromkeys(range(100, 119), 2_000)}),
    ),
}

# Attacks that are tried elsewhere, and by which test.
ELSEWHERE: Final = {
    "anybody's words on a rival's chain": "publish/founder: no_rival_needs_fewer_by_what_one_per_cent_buys",
    "ten thousand services": "publish/founder: services_that_anybody_registers_stand_in_no_column",
    "a contract that answers like a Safe": "publish/keyholders: what_is_behind_a_holder_is_what_was_read_of_it",
    "a contract whose state cannot be read": "publish/keyholders: what_is_behind_a_holder_is_what_was_read_of_it",
    "a key that begins as a module's account": "store/draft: a_key_that_begins_as_a_module_does_is_a_party",
}


def worlds() -> dict[str, tuple[Chain, Chain]]:
    """Every attack by its kind and number, before and after."""
    found = {f"talk-{place}": pair for place, pair in enumerate(TALK.values())}
    found |= {f"move-{place}": pair for place, pair in enumerate(MOVES.values())}
    dice = random.Random(15)
    for trial in range(TRIALS):
        for kind, change in (("talked", talked), ("moved", moved), ("rival", rivalled)):
            before = chain(dice)
            found[f"{kind}-{trial}"] = (before, change(dice, before))
    return found


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mart]:
    data = tmp_path_factory.mktemp("founder")
    pairs = {f"{name}-{side}": one for name, pair in worlds().items() for side, one in enumerate(pair)}
    with pytest.MonkeyPatch.context() as patch:
        published(data, pairs, patch)
    with opened(data) as found:
        yield found


def rows(mart: Mart, name: str) -> dict[tuple[str, ...], dict[str, Any]]:
    """The headline numbers of a network: verdicts by column and axis, power by side and action."""
    verdicts = mart.table("FROM verdict WHERE network = ? AND state = 'rated'", name).to_dicts()
    power = mart.table("FROM power WHERE network = ? AND grouping = 'control' AND number IS NOT NULL", name).to_dicts()
    found = {("verdict", row["measure"], row["axis"]): row for row in verdicts}
    return found | {("power", row["side"], row["action"]): row for row in power}


Rows = Mapping[tuple[str, ...], Mapping[str, Any]]


def moved_by_text(mart: Mart, name: str) -> list[str]:
    """The tables in which the two sides of a pair differ."""
    before, after = (headlines(mart, f"{name}-{side}") for side in (0, 1))
    assert min(len(before[table]) for table in ("verdict", "power", "metric")) > 0
    return [table for table in before if before[table] != after[table]]


def better(before: Rows, after: Rows) -> list[tuple[str, ...]]:
    """The headlines whose lower number, word or letter is better after."""
    assert before.keys() == after.keys()
    assert len(before) > 5
    return [
        key
        for key, row in before.items()
        if after[key]["lower"] > row["lower"] + 1e-9
        or shows(after[key]["words"]) > shows(row["words"])
        or LETTERS.index(after[key]["letter"]) > LETTERS.index(row["letter"])
    ]


def fewer(before: Rows, after: Rows) -> list[tuple[str, ...]]:
    """The counts that are less after."""
    assert [key for key in before if key[0] == "power"]
    return [key for key in before if key[0] == "power" and after[key]["number"] < before[key]["number"]]


@each("name", [name for name in worlds() if name.startswith("talk")])
def test_no_text_moves_anything_but_what_stands_beside(mart: Mart, name: str) -> None:
    assert moved_by_text(mart, name) == []


@each("name", [name for name in worlds() if name.startswith("move")])
def test_no_headline_gets_better_by_moving_what_one_has(mart: Mart, name: str) -> None:
    found = better(*(rows(mart, f"{name}-{side}") for side in (0, 1)))
    assert found == []


@each("name", [name for name in worlds() if name.startswith("rival")])
def test_no_rival_needs_fewer_by_what_one_per_cent_buys(mart: Mart, name: str) -> None:
    assert fewer(*(rows(mart, f"{name}-{side}") for side in (0, 1))) == []


def test_what_is_said_stands_beside(mart: Mart) -> None:
    """The attacks are seen where they belong: all who say the same are one there."""
    place = list(TALK).index("all say all of the first")
    found = mart.table("SELECT DISTINCT claimed FROM verdict WHERE network = ? AND axis = 'math'", f"talk-{place}-1")
    assert found.drop_nulls()["claimed"].to_list() == [pytest.approx(1)]
    between = mart.table("SELECT claimed FROM verdict WHERE network = 'talk-0-1'")
    assert between["claimed"].drop_nulls().is_empty()


def test_services_that_anybody_registers_stand_in_no_column() -> None:
    assert networks()["singularitynet"].scorecard[Column.COMPUTE_SUPPLY] == ""


def test_every_attack_of_the_table_is_tried() -> None:
    assert [attack for attack, *_ in table("What a founder might try")] == [*TALK, *MOVES, *ELSEWHERE]
    for shown in ELSEWHERE.values():
        folder, file, test = re.split("/|: ", shown)
        assert f"def test_{test}(" in (ROOT / "tests" / folder / f"test_{file}.py").read_text(), shown
