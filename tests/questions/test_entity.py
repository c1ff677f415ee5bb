"""Whom a page is about, whichever way he is asked for: found where he is meant, never guessed, told apart."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
import polars as pl
import pytest

from questions import cited, explorers, labels, own_votes, rank_history, standing
from questions.candidates import SHOWN, Candidates, candidates
from questions.entity import entity, named, unread
from questions.populations import Population, populations
from questions.reach import ALONE, AMONG, DECIDE, GATE, NEEDED, reach
from store import addresses
from store.addresses import bech32, ss58
from store.draft import Draft
from store.landing import Landing
from store.mart import Mart, opened
from store.reference import ENTITIES
from store.rows import Block, Facts, Kind, Measure, Snapshot, frame, holdings, observation
from tests.worlds.gallery_names import HOSTILE

pytestmark = pytest.mark.wide

NOON: Final = datetime(2026, 11, 29, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)


def validator(number: int, prefix: str = "akashvaloper") -> str:
    """The n-th key of the chains of Cosmos, spelled with a prefix."""
    return bech32(prefix, bytes([number]) * 20)


# Two that begin and end alike: whoever made the second wants to be taken for the first.
WHALE: Final = "0x1234567890abcdef1234567890abcdef12345678"
TRICK: Final = "0x12345600000000000000000000000000ab345678"
OWNER: Final = "0x" + "0a" * 20
DESK: Final = ["0x" + f"{number:02x}" * 20 for number in (0xD1, 0xD2, 0xD3)]
HOTKEY: Final = "0x" + "5e" * 32
SOLE: Final = "rndrizKT3MK1iimdxRdWabcF7Zg7AR5T4nud4EkHBof"
NETWORKS: Final = {
    "akash": ("Akash", "bech32:akash"),
    "fet": ("FET on Ethereum", "hex"),
    "bittensor": ("Bittensor", "ss58:42"),
    "render": ("Render", "base58"),
    "vana": ("Vana", "hex"),
    "olas": ("Olas", "hex"),
}
# A crowd with the same ends and nearly the same name, of whom the last in the alphabet has nearly all.
CROWD: Final = [f"0xabcdef{place:030x}1234" for place in range(25)]
LABELS: Final = [
    ("fet", DESK[0], "desk", "Desk, hot wallet", "custodian", None, None, "https://desk.example", NOON, NOON),
    ("fet", DESK[1], "desk", "Desk, cold wallet", "custodian", None, None, "https://desk.example", NOON, None),
    ("fet", DESK[2], "desk", "Desk, old wallet", "custodian", NOON - DAY, NOON - DAY, "https://x.example", NOON, NOON),
    ("olas", CROWD[-1], "treasury", "Treasury", "multisig", None, None, "https://treasury.example", NOON, NOON),
    ("fet", "0x" + "b1" * 20, "bridge", "Bridge", "bridge", None, None, "https://bridge.example", NOON, NOON),
]


def snapshot(network: str, reading: str, kind: Kind, time: datetime, **more: Any) -> Snapshot:
    block = Block(int(time.timestamp()) // 6, "0a", time)
    return Snapshot(
        network,
        network,
        reading,
        kind,
        block=block,
        **{"measure": None, "unit": "", **more},
        method="",
        endpoint="https://x",
    )


def land(data: Path) -> None:
    """Three days of validators, of whom the second overtook the first; one day of all else."""
    landing = Landing(data)
    # The fourth came after the votes had ended.
    for back, stakes in ((2, (50, 40, 10)), (1, (50, 45, 5)), (0, (40, 55, 4, 1))):
        rows = [("validators", validator(place), amount) for place, amount in enumerate(stakes, 1)]
        one = snapshot("akash", "validators", Kind.HOLDINGS, NOON - back * DAY, measure=Measure.STAKE, unit="uakt")
        landing.land(one, Facts(holdings(rows)))
    tokens = {WHALE: 500, TRICK: 1, OWNER: 3, DESK[0]: 200, DESK[1]: 300, "0x" + "b1" * 20: 996}
    held = {
        "fet": ("holders", Measure.TOKEN, "holders", tokens),
        "bittensor": ("stake", Measure.STAKE, "coldkeys", {HOTKEY: 7, "0x" + "11" * 32: 3, "sink:burned": 9}),
        "render": ("keys", Measure.CONTROL, "mint", {SOLE: 1}),
        "olas": ("keys", Measure.TOKEN, "holders", {**dict.fromkeys(CROWD, 1), CROWD[-1]: 10**6}),
    }
    for network, (reading, measure, population, amounts) in held.items():
        one = snapshot(network, reading, Kind.HOLDINGS, NOON, measure=measure, unit="x")
        landing.land(one, Facts(holdings((population, holder, amount) for holder, amount in amounts.items())))
    names = [
        observation("moniker", NOON, name, "", subject=validator(place))
        for place, name in ((1, "Honest"), (2, HOSTILE[0]), (3, "Desk"))
    ]
    crowd = [observation("moniker", NOON, "TREASURY", "", subject=one) for one in CROWD[:-1]]
    landing.land(
        snapshot("olas", "names", Kind.OBSERVATIONS, NOON, newest_only=True), Facts(frame(Kind.OBSERVATIONS, crowd))
    )
    landing.land(
        snapshot("akash", "names", Kind.OBSERVATIONS, NOON, newest_only=True), Facts(frame(Kind.OBSERVATIONS, names))
    )
    plain = {"type": "x", "proposer": None, "submitted": NOON, "deposit_end": NOON, "deposit": 1, "expedited": False}
    plain |= {"voting_start": NOON - 9 * DAY, "voting_end": NOON - DAY, "status": "passed"}
    tally = {"yes": 50, "abstain": 0, "no": 40, "no_with_veto": 0}
    told = [{"proposal": number, "title": HOSTILE[1], **plain, **tally} for number in ("1", "2")]
    landing.land(snapshot("akash", "proposals", Kind.PROPOSALS, NOON), Facts(frame(Kind.PROPOSALS, told)))
    cast = [
        ("1", validator(1, "akash"), "yes", "0.6"),
        ("1", validator(1, "akash"), "no", "0.4"),
        ("2", validator(2, "akash"), "no", "1"),
    ]
    votes = [
        {"proposal": number, "voter": voter, "option": option, "weight": Decimal(weight), "height": 7}
        for number, voter, option, weight in cast
    ]
    landing.land(snapshot("akash", "votes", Kind.VOTES, NOON), Facts(frame(Kind.VOTES, votes)))


def path(
    network: str, name: str, *, parties: str = "[]", alone: str = "[]", needed: str = "[]", **more: Any
) -> dict[str, Any]:
    plain = {
        "grouping": "control",
        "place": 1,
        "side": "force",
        "action": "halt",
        "effect": "",
        "number": 2,
        "letter": "B",
    }
    return {"network": network, "name": name, "parties": parties, "alone": alone, "needed": needed, **plain, **more}


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mart]:
    """A mart with one of each kind of entity; what nobody reads is left out of it."""
    data = tmp_path_factory.mktemp("entities")
    land(data)
    one, other = f'["{validator(1)}"]', f'["{validator(1)}", "{validator(2)}"]'
    tables = {
        "network": [{"name": name, "title": title, "address": how} for name, (title, how) in NETWORKS.items()],
        "reading": [{"network": name, "name": "x", "kind": "holdings"} for name in NETWORKS],
        "scorecard": [
            {
                "network": "akash",
                "in_column": "stake",
                "measure": "stake",
                **dict.fromkeys(("reading", "population"), "validators"),
            }
        ],
        "path": [
            path("akash", "enough", alone=one, parties=one, number=1),
            path("akash", "veto", needed=one, parties=other, side="stop"),
            path("akash", "few", parties=other),
            path(
                "render",
                "the mint key",
                alone=f'["{SOLE}"]',
                parties=f'["{SOLE}"]',
                number=1,
                action="mint or redirect",
            ),
            path("fet", "desk alone", alone='["desk"]', parties='["desk"]', number=1, effect="stop minting,"),
            # Of another whose name only begins so.
            path("fet", "others", alone='["desk-two"]', parties='["desk-two"]', number=1),
        ],
        "verdict": [
            {
                "network": "akash",
                "measure": "compute_spend",
                "axis": "gate",
                "number": 1.0,
                "how": "auditors",
                "letter": "A",
                "parties": one,
            }
        ],
        "deciding_set": [
            {
                "network": "bittensor",
                "grouping": "control",
                "part": "subnet:4.0",
                "amount": 5,
                "fewest": 1,
                "parties": f'["{HOTKEY}"]',
            }
        ],
        "word": [{"network": "bittensor", "name": "subnet:", "word": "Subnet"}],
        "explorer": [
            {"place": 0, "network": "akash", "title": "Scan", "account": "https://scan.example/{address}"},
            {"place": 1, "network": "bittensor", "title": "Stats", "account": "https://stats.example/{address}#x"},
        ],
    }
    with Draft(data) as draft:
        draft.replace("entity", pl.DataFrame(LABELS, schema=ENTITIES, orient="row"))
        draft.take_in()
        for table, rows in tables.items():
            draft.replace(table, pl.DataFrame(rows))
        draft.measure("1", lambda _: pl.DataFrame())
        draft.keep_newest()
        draft.keep_ranks()
        draft.publish(NOON)
    with opened(data) as found:
        yield found


@pytest.fixture(scope="module")
def known(mart: Mart) -> list[Population]:
    return populations(mart)


# --- whom a whole address or a link means -----------------------------------------------------------------------------


CHECKSUMMED: Final = "0x1234567890AbcdEF1234567890aBcdef12345678"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (validator(1), f"akash:{validator(1)}"),
        (validator(1, "cosmos"), f"akash:{validator(1)}"),
        (validator(1, "osmovaloper").upper(), f"akash:{validator(1)}"),
        (f"https://www.mintscan.io/akash/validators/{validator(1)}?x=1", f"akash:{validator(1)}"),
        (CHECKSUMMED, f"fet:{WHALE}"),
        (f"eip155:1:{CHECKSUMMED}", f"fet:{WHALE}"),
        (f"https://etherscan.io/address/{CHECKSUMMED}", f"fet:{WHALE}"),
        (ss58(bytes([0x5E]) * 32), f"bittensor:{HOTKEY}"),
        (ss58(bytes([0x5E]) * 32, 0), f"bittensor:{HOTKEY}"),
        (HOTKEY, f"bittensor:{HOTKEY}"),
        (SOLE, f"render:{SOLE}"),
        ("http://127.0.0.1:8501/entity?of=desk", "desk"),
        (f"https://deai.example/base/entity?of=fet%3A{WHALE}", f"fet:{WHALE}"),
        (f"https://deai.example/power?net=fet&q={WHALE}", f"fet:{WHALE}"),
        # An ended label is still somebody's, and who holds nothing may be looked up elsewhere.
        (DESK[2], f"fet:{DESK[2]}"),
        ("0x" + "ee" * 20, "fet:0x" + "ee" * 20),
        # A name, a checksum that is wrong, ends alone, and links to nobody mean nobody.
        ("Honest", ""),
        ("desk", ""),
        (validator(1)[:-1] + "q", ""),
        (f"{WHALE[:8]}…{WHALE[-6:]}", ""),
        ("https://deai.example/entity?of=nobody", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_whole_address_in_any_spelling_or_a_link_means_one_and_nothing_else_does(
    mart: Mart, text: str, key: str
) -> None:
    assert named(mart, text) == key


@pytest.mark.parametrize(
    ("key", "name", "party", "members"),
    [
        (f"akash:{validator(1)}", "“Honest”", "", {validator(1), validator(1, "akash")}),
        (f"akash:{validator(1, 'akash')}", "“Honest”", "", {validator(1), validator(1, "akash")}),
        ("desk", "Desk", "desk", {DESK[0], DESK[1]}),
        (f"fet:{DESK[0]}", "Desk, hot wallet", "", {DESK[0]}),
        (f"fet:{DESK[2]}", "", "", {DESK[2]}),
        (f"fet:{WHALE}", "", "", {WHALE}),
        (f"bittensor:{HOTKEY}", "", "", {ss58(bytes([0x5E]) * 32)}),
        ("vana:0x" + "ee" * 20, "", "", {"0x" + "ee" * 20}),
    ],
)
def test_an_entity_is_one_key_in_all_its_spellings_or_a_party_with_the_labels_in_force(
    mart: Mart, key: str, name: str, party: str, members: set[str]
) -> None:
    found = entity(mart, key)
    assert found is not None
    assert (found.name, found.party, {one.address for one in found.members}) == (name, party, members)


@pytest.mark.parametrize("key", ["nobody", "akash:nobody", f"nowhere:{validator(1)}x", "", ":", "vana:0x12"])
def test_a_link_to_nobody_is_nobody(mart: Mart, key: str) -> None:
    assert entity(mart, key) is None


def test_a_hostile_name_is_one_line_in_quotation_marks(mart: Mart) -> None:
    found = entity(mart, f"akash:{validator(2)}")
    assert found is not None
    assert found.name.startswith("“<img src=x")
    assert "\n" not in found.name


def test_where_nothing_was_read_is_told_apart_from_holding_nothing(mart: Mart) -> None:
    whale, delegate = entity(mart, f"fet:{WHALE}"), entity(mart, f"akash:{validator(1)}")
    assert whale is not None
    assert delegate is not None
    assert (unread(mart, whale), unread(mart, delegate)) == (["Vana"], [])


# --- whom ends or a name may mean -------------------------------------------------------------------------------------


def sought(mart: Mart, known: list[Population], text: str) -> Candidates:
    return candidates(mart, known, text)


@pytest.mark.parametrize("cut", ["{}…{}", "{}...{}", "{} … {}", "{}[...]{}", "“X” {}***{}", "{}\u200b…{}"])
def test_of_two_addresses_with_the_same_ends_neither_wins(mart: Mart, known: list[Population], cut: str) -> None:
    text = cut.format(WHALE[:8], WHALE[-6:])
    assert named(mart, text) == ""
    found = sought(mart, known, text)
    assert found.cut
    assert [(one.address, one.amount) for one in found.found] == [(WHALE, 500.0), (TRICK, 1.0)]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (f"{validator(1)[:17]}…{validator(1)[-6:]}", validator(1)),
        (f"{validator(1, 'akash')[:10]}...{validator(1, 'akash')[-6:]}", validator(1, "akash")),
        (f"{validator(1, 'cosmos')[:11]}...{validator(1, 'cosmos')[-6:]}", validator(1, "cosmos")),
        (f"{ss58(bytes([0x5E]) * 32)[:8]}…{ss58(bytes([0x5E]) * 32)[-6:]}", ss58(bytes([0x5E]) * 32)),
        (f"{ss58(bytes([0x5E]) * 32, 2)[:8]}…{ss58(bytes([0x5E]) * 32, 2)[-6:]}", ss58(bytes([0x5E]) * 32, 2)),
        (f"{HOTKEY[:8]}…{HOTKEY[-6:]}", HOTKEY),
        (f"{CHECKSUMMED[:14]}…{CHECKSUMMED[-4:]}", WHALE),
        (f"{SOLE[:4]}…{SOLE[-4:]}", SOLE),
    ],
)
def test_the_ends_of_an_address_show_it_whole_as_it_was_written(
    mart: Mart, known: list[Population], text: str, address: str
) -> None:
    assert [one.address for one in sought(mart, known, text).found] == [address]


@pytest.mark.parametrize(
    "text",
    [
        # Another end, another case where case counts, too short a beginning, none at all.
        f"{validator(1)[:17]}…qqqqqq",
        f"{SOLE[:4].upper()}…{SOLE[-4:]}",
        f"0x12…{WHALE[-6:]}",
        f"…{WHALE[-6:]}",
        "akash1…xyz",
        "0x…",
        "1…1",
        "...",
        "5…5",
    ],
)
def test_ends_that_nobody_has_or_that_everybody_has_show_nobody(mart: Mart, known: list[Population], text: str) -> None:
    assert sought(mart, known, text).found == ()


def test_a_name_shows_a_party_once_before_those_who_only_call_themselves_so(
    mart: Mart, known: list[Population]
) -> None:
    found = sought(mart, known, "desk").found
    assert [(one.key, one.name, one.party) for one in found] == [
        ("desk", "Desk", "desk"),
        (f"akash:{validator(3)}", "“Desk”", ""),
    ]
    # Of all its addresses.
    assert found[0].amount == 500.0
    assert found[0].address == ""


def test_since_when_somebody_is_known_to_be_large_tells_candidates_apart(mart: Mart, known: list[Population]) -> None:
    (honest,) = sought(mart, known, "honest").found
    whale, trick = sought(mart, known, f"{WHALE[:8]}…{WHALE[-6:]}").found
    assert honest.since == NOON - 2 * DAY
    assert (whale.since, trick.since) == (None, None)
    assert whale.share > 100 * trick.share


# --- what is known of one ---------------------------------------------------------------------------------------------


def test_a_party_stands_where_its_addresses_put_it_together(mart: Mart, known: list[Population]) -> None:
    desk = entity(mart, "desk")
    assert desk is not None
    (holders,) = [one for one in known if one.network == "fet"]
    found = standing.parties(mart, [holders], desk)[holders.snapshot, holders.population_id]
    # Of 500, 500 of the desk, 3 and 1; the bridge's is nobody's.
    assert (found.rank, found.amount, found.whole, found.addresses) == (1, 500, 1004, 2)
    address = entity(mart, f"fet:{DESK[0]}")
    assert address is not None
    (alone,) = standing.standing(mart, known, *(one.found for one in address.members))
    assert (alone.rank, alone.amount) == (4, 200)
    assert standing.parties(mart, [holders], address) == standing.parties(mart, [holders], desk)


def test_what_a_party_has_together_can_be_cited(mart: Mart, known: list[Population]) -> None:
    (holders,) = [one for one in known if one.network == "fet"]
    for column, number in (("amount", 500), ("addresses", 2)):
        found = cited.found(mart, cited.of_party(holders, "desk", column))
        assert found is not None
        assert found.value == number
        assert found.snapshots["reading"].to_list() == [holders.reading]


def test_who_is_no_party_stands_nowhere_as_one(mart: Mart, known: list[Population]) -> None:
    (holders,) = [one for one in known if one.network == "fet"]
    assert standing.together(mart, holders, "bridge") is None
    assert standing.together(mart, holders, "nobody") is None


def did(mart: Mart, key: str) -> list[tuple[str, str, str, str]]:
    one = entity(mart, key)
    assert one is not None
    return [(row["side"], row["way"], row["role"], row["note"]) for row in reach(mart, one).to_dicts()]


def test_what_somebody_can_do_is_where_it_is_enough_needed_or_one_of_the_fewest(mart: Mart) -> None:
    assert did(mart, f"akash:{validator(1, 'akash')}") == [
        ("force", "enough", ALONE, ""),
        (GATE, "auditors", ALONE, ""),
        ("stop", "veto", NEEDED, ""),
        ("force", "few", AMONG, ""),
    ]
    assert did(mart, f"akash:{validator(2)}") == [("stop", "veto", AMONG, ""), ("force", "few", AMONG, "")]
    assert did(mart, f"akash:{validator(3)}") == []


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (f"render:{SOLE}", [("force", "the mint key", ALONE, "")]),
        (f"bittensor:{HOTKEY}", [(DECIDE, "Subnet 4", ALONE, "")]),
        ("desk", [("force", "desk alone", ALONE, "does no more than stop minting")]),
        (f"fet:{DESK[0]}", [("force", "desk alone", ALONE, "does no more than stop minting")]),
        (f"fet:{DESK[2]}", []),
    ],
)
def test_a_key_a_deciding_set_and_a_party_can_do_what_is_theirs(mart: Mart, key: str, told: list[Any]) -> None:
    assert did(mart, key) == told


def test_a_vote_is_its_own_and_only_of_a_validator_silence_is_told(mart: Mart) -> None:
    rows = {}
    for number in (1, 2):
        one = entity(mart, f"akash:{validator(number)}")
        assert one is not None
        rows[number] = dict(own_votes.own_votes(mart, one).select("proposal", "vote").rows())
    assert rows[1] == {"Akash 1": "60% yes and 40% no", "Akash 2": own_votes.NOT_VOTED}
    assert rows[2] == {"Akash 1": own_votes.NOT_VOTED, "Akash 2": "no"}
    whale = entity(mart, f"fet:{WHALE}")
    assert whale is not None
    assert own_votes.own_votes(mart, whale).is_empty()


def test_who_never_was_a_validator_or_not_yet_is_not_said_to_have_missed_a_vote(mart: Mart) -> None:
    stranger = entity(mart, f"akash:{validator(99)}")
    assert stranger is not None
    assert own_votes.own_votes(mart, stranger).is_empty()
    late = entity(mart, f"akash:{validator(4)}")
    assert late is not None
    assert set(own_votes.own_votes(mart, late)["vote"]) == {own_votes.PERHAPS}


def test_what_reaches_nobody_is_nobody_and_outranks_nobody(mart: Mart, known: list[Population]) -> None:
    assert entity(mart, "bittensor:sink:burned") is None
    one = entity(mart, f"bittensor:{HOTKEY}")
    assert one is not None
    assert [stands.rank for stands in standing.standing(mart, known, *(of.found for of in one.members))] == [1]


@pytest.mark.parametrize("head", [SOLE + "1111111111", "5" + "F" * 60, "1" * 80, "z" * 49])
def test_ends_that_are_longer_than_any_address_are_nobodys(mart: Mart, known: list[Population], head: str) -> None:
    assert sought(mart, known, f"{head}...ok").found == ()


def test_a_crowd_of_look_alikes_does_not_push_the_largest_out(mart: Mart, known: list[Population]) -> None:
    cut = sought(mart, known, "0xabcdef…1234")
    assert (len(cut.found), cut.more, cut.found[0].address.lower()) == (SHOWN, True, CROWD[-1])
    named = sought(mart, known, "treasury")
    assert [(one.name, one.party) for one in named.found][:2] == [("Treasury", "treasury"), ("“TREASURY”", "")]


def test_ranks_of_past_days_are_those_of_each_day(mart: Mart) -> None:
    one = entity(mart, f"akash:{validator(2)}")
    assert one is not None
    rows = rank_history.ranks(mart, one.members)
    assert rows.select("rank", "share").rows() == [(2, 0.4), (2, 0.45), (1, 0.55)]
    assert rows["time"].is_sorted()
    # Its population is not on the scorecard.
    whale = entity(mart, f"fet:{WHALE}")
    assert whale is not None
    assert rank_history.ranks(mart, whale.members).is_empty()


@pytest.fixture
def merged(mart: Mart, tmp_path: Path) -> Iterator[Mart]:
    """The same mart where labels put two validators together, from its second day on."""
    path = tmp_path / mart.path.name
    shutil.copyfile(mart.path, path)
    with duckdb.connect(str(path)) as writing:
        row = "('akash', ?, 'firm', 'Firm', 'operator', ?, NULL, 'https://firm.example', ?, NULL)"
        for place in (1, 2):
            told = [validator(place), (NOON - DAY).replace(hour=0), NOON]
            columns = "(network, address, entity, name, kind, valid_from, valid_to, source, recorded_at, checked_at)"
            writing.execute(f"INSERT INTO entity {columns} VALUES {row}", told)
    with closing(Mart(path)) as found:
        yield found


def test_a_party_ranks_on_each_day_with_the_addresses_that_were_its_own_then(mart: Mart, merged: Mart) -> None:
    rows = rank_history.ranks_of_party(merged, "firm", [])
    alone = [rank_history.ranks(mart, entity(mart, f"akash:{validator(place)}").members) for place in (1, 2)]  # type: ignore[union-attr]
    together = alone[0].join(alone[1], on="time", suffix="_other").sort("time").tail(2)
    assert rows["time"].to_list() == together["time"].to_list()
    assert rows["share"].to_list() == pytest.approx((together["share"] + together["share_other"]).to_list())
    assert rows["rank"].to_list() == [1, 1]
    assert rows.select("address", "addresses").rows() == [("all its addresses", 2)] * 2
    assert rank_history.ranks_of_party(merged, "nobody", []).is_empty()


@pytest.fixture
def crowded(tmp_path: Path) -> Iterator[Mart]:
    """Two days alike: one key of 1000; a firm with one of 900 and thirty of 5, which are not among the largest."""
    small = range(3, 33)
    stakes = {1: 1000, 2: 900, **dict.fromkeys(small, 5), **dict.fromkeys(range(33, 131), 6)}
    rows = [("validators", validator(place), amount) for place, amount in stakes.items()]
    told = {"measure": Measure.STAKE, "unit": "uakt", "reported": {"validators": 10_000}}
    for back in (1, 0):
        one = snapshot("akash", "validators", Kind.HOLDINGS, NOON - back * DAY, **told)
        Landing(tmp_path).land(one, Facts(holdings(rows)))
    whose = {1: ("lone", "operator"), 2: ("firm", "operator"), **dict.fromkeys(small, ("firm", "operator"))}
    labels = [
        ("akash", validator(place), slug, slug.title(), kind, None, None, "https://x.example", NOON, None)
        for place, (slug, kind) in {**whose, 130: ("bridge", "bridge")}.items()
    ]
    shown = {"in_column": "stake", "measure": "stake", "reading": "validators", "population": "validators"}
    with Draft(tmp_path) as draft:
        draft.replace("entity", pl.DataFrame(labels, schema=ENTITIES, orient="row"))
        draft.take_in()
        draft.replace("scorecard", pl.DataFrame([{"network": "akash", **shown}]))
        draft.measure("1", lambda _: pl.DataFrame())
        draft.keep_newest()
        draft.keep_ranks()
        draft.publish(NOON)
    with opened(tmp_path) as found:
        yield found


@pytest.mark.parametrize(
    ("party", "ranks", "addresses", "shares"),
    [("lone", [1, 2], [1, 1], [1000, 1000]), ("firm", [2, 1], [1, 31], [900, 1050])],
)
def test_a_party_stands_on_the_newest_day_where_it_stands_with_all_of_its_addresses(
    crowded: Mart, party: str, ranks: list[int], addresses: list[int], shares: list[int]
) -> None:
    (validators,) = populations(crowded)
    stands = standing.together(crowded, validators, party)
    assert stands is not None
    rows = rank_history.ranks_of_party(crowded, party, [stands])
    assert rows["rank"].to_list() == ranks
    assert rows["addresses"].to_list() == addresses
    # The bridge's 6 are nobody's; what was not read is a part of the whole.
    assert rows["share"].to_list() == pytest.approx([amount / (10_000 - 6) for amount in shares])
    assert rows.tail(1).select("rank", "share", "amount_tokens").row(0) == (
        stands.rank,
        stands.share,
        stands.amount_tokens,
    )


@pytest.mark.parametrize(
    ("key", "told"), [("desk", 3), (f"fet:{DESK[0]}", 3), (f"fet:{DESK[2]}", 1), (f"fet:{WHALE}", 0)]
)
def test_labels_are_told_with_their_evidence_those_that_ended_last(mart: Mart, key: str, told: int) -> None:
    one = entity(mart, key)
    assert one is not None
    rows = labels.of(mart, one)
    assert rows.height == told
    assert rows["valid_to"].is_null().to_list() == sorted(rows["valid_to"].is_null().to_list(), reverse=True)


def test_pages_of_explorers_are_those_that_were_curated_of_the_networks_where_it_is(mart: Mart) -> None:
    urls = {}
    for key in (f"akash:{validator(1)}", f"bittensor:{HOTKEY}", f"fet:{WHALE}"):
        one = entity(mart, key)
        assert one is not None
        urls[key] = [page.url for page in explorers.pages(mart, one.members)]
    assert [*urls.values()] == [
        [f"https://scan.example/{validator(1, 'akash')}"],
        [f"https://stats.example/{ss58(bytes([0x5E]) * 32)}#x"],
        [],
    ]


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "../x", HOSTILE[0], validator(1)[:-1] + "q", "0x" + "ab" * 20, ""]
)
def test_what_has_not_the_form_of_an_address_goes_into_no_link(mart: Mart, text: str) -> None:
    one = entity(mart, f"akash:{validator(1)}")
    assert one is not None
    forged = [replace(member, canonical=text, address=text) for member in one.members]
    assert explorers.pages(mart, forged) == []


def test_every_explorer_that_is_curated_is_of_a_network_and_takes_its_addresses() -> None:
    from ingest.networks import networks
    from store.reference import PLACE
    from store.reference import explorers as curated

    rows = curated()
    assert set(rows["network"]) <= set(networks())
    assert not rows.select("network", "title").is_duplicated().any()
    assert rows["account"].str.count_matches(PLACE, literal=True).eq(1).all()
    assert rows["source"].str.starts_with("https://").all()
    assert addresses.pasted(rows["account"][0].replace(PLACE, validator(1, "akash"))).raw == bytes([1]) * 20
