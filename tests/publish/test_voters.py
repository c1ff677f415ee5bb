"""Votes in which a delegation can be voted by its delegator or by its validator, as ways to power."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count

import polars as pl
import pytest

from analytics.power.coverage import Covered
from analytics.power.paths import Action, Fewest, Path, Side, fewest
from ingest.network import Network, Vote, Way
from ingest.publication import described
from publish.look import LATE, Known
from publish.ways import ways
from store.addresses import account, bech32, module_address
from store.draft import Draft
from store.rows import Measure

NOON = datetime(2026, 7, 17, 12, tzinfo=UTC)
V, W, X = (bech32("akashvaloper", bytes([number]) * 20) for number in (1, 2, 3))
D, E, F = (bech32("akash", bytes([number]) * 20) for number in (4, 5, 6))
TOKENISED = bech32("akash", module_address("lsm", "tokenizeshare_7"))
TALLY = {"quorum": "0.334", "threshold": "0.5", "veto_threshold": "0.334"}
# d has 45 of 100 over V and W; of those who validate X has most.
BEHIND = {V: {D: 25, account(V): 6}, W: {D: 20, E: 9}, X: {F: 35, account(X): 5}}
FORCE, STOP = "all against", "all for"


def by_vote(side: Side, name: str, ballot: str, against: str) -> Way:
    vote = Vote(Measure.STAKE, "validators", "gov", ballot, against, behind="delegators")
    return Way(Action.CHANGE_RULES, side, name, vote, "a test")


CHAIN = Network(
    "newcomer",
    "Newcomer",
    "data",
    "NEW",
    "new",
    0,
    "bech32:akash",
    ways=(
        by_vote(Side.FORCE, FORCE, "pass", "all others veto"),
        by_vote(Side.STOP, STOP, "veto", "all others vote Yes"),
    ),
)


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Draft]:
    """One for all cases: each replaces what its tables hold."""
    with Draft(tmp_path_factory.mktemp("voters")) as draft:
        for table, frame in described({CHAIN.name: CHAIN}).items():
            draft.replace(table, frame)
        yield draft


def known(
    draft: Draft,
    behind: Mapping[str, Mapping[str, int]] = BEHIND,
    *,
    tokens: Mapping[str, int] | None = None,
    labels: Mapping[str, str] | None = None,
    votes: Mapping[int, tuple[str, ...]] | None = None,
    liquid: int | None = None,
) -> Known:
    """What is known of a chain with these delegators; tokens: of its validators now. votes: who voted, by proposal."""
    now = tokens or {validator: sum(held.values()) for validator, held in behind.items()}
    populations = {"validators": now} | {f"delegators@{one}": held for one, held in behind.items() if held}
    rows = [(population, one, amount) for population, held in populations.items() for one, amount in held.items()]
    numbers = dict(zip(dict.fromkeys(one for _, one, _ in rows), count(), strict=False))
    tables: dict[str, list[dict[str, object]]] = {
        "snapshot": [{"id": 1, "network": CHAIN.name, "measure": Measure.STAKE, "time": NOON, "witness": ""}],
        "population": [{"id": place, "name": name} for place, name in enumerate(populations)],
        "holder": [{"id": number, "network": CHAIN.name, "address": one} for one, number in numbers.items()],
        "holding": [
            {"snapshot": 1, "population": list(populations).index(name), "holder": numbers[one], "amount": amount}
            for name, one, amount in rows
        ],
        "observation": [
            {"snapshot": 1, "network": CHAIN.name, "name": name, "subject": "gov", "time": NOON, "exact": text}
            for name, text in TALLY.items()
        ]
        + [
            {
                "snapshot": 1,
                "network": CHAIN.name,
                "name": "liquid_staked",
                "subject": "",
                "time": NOON,
                "exact": str(n),
            }
            for n in ([] if liquid is None else [liquid])
        ],
        "entity": [
            {"network": CHAIN.name, "address": one, "entity": who, "recorded_at": NOON}
            for one, who in (labels or {"nobody": "nobody"}).items()
        ],
        "holder_label": [
            {"holder": numbers[one], "network": CHAIN.name, "entity": who}
            for one, who in (labels or {}).items()
            if one in numbers
        ],
        "proposal": [
            {"network": CHAIN.name, "chain_id": "a", "proposal": str(number), "voting_end": NOON + timedelta(number)}
            for number in votes or {0: ()}
        ],
        "vote": [
            {"snapshot": 1, "network": CHAIN.name, "chain_id": "a", "proposal": str(number), "voter": one}
            for number, voters in (votes or {99: (D,)}).items()
            for one in voters
        ],
    }
    for table, found in tables.items():
        draft.replace(table, pl.DataFrame(found))
    return Known(draft, CHAIN.name)


def paths(known: Known, grouping: str = "control") -> tuple[Path, Path]:
    force, stop = ways(known, grouping)
    return force, stop


def least(known: Known, grouping: str = "control") -> list[tuple[int, int, set[str]]]:
    """Of forcing and of stopping: the bounds, and who suffices."""
    found: list[Fewest] = [fewest(path) for path in paths(known, grouping)]
    return [(one.lower, one.upper, set(one.parties)) for one in found]


def test_a_delegator_with_enough_stops_a_vote_that_takes_two_validators(draft: Draft) -> None:
    """To pass takes 67 of 100 (33.4 % veto), to veto 34: V, W and X have 31, 29 and 40, D has 45 of it."""
    force, stop = least(known(draft))
    assert stop == (1, 1, {D})
    assert force == (2, 2, {D, X})


def test_a_validators_account_is_the_validator(draft: Draft) -> None:
    behind = {V: {account(V): 10, account(X): 30}, W: {E: 20}, X: {account(X): 5, F: 35}}
    # X has the 40 delegated to it and 30 of V's.
    assert least(known(draft, behind)) == [(1, 1, {X})] * 2


@pytest.mark.slow
def test_labels_of_a_validator_or_of_its_account_make_one_party(draft: Draft) -> None:
    behind = {V: {D: 20, account(V): 10}, W: {E: 30}, X: {F: 39, account(X): 1}}
    assert least(known(draft, behind))[0][:2] == (2, 2)
    for labels in ({account(V): "firm", X: "firm"}, {V: "firm", account(X): "firm", F: "else"}):
        assert least(known(draft, behind, labels=labels)) == [(1, 1, {"firm"})] * 2
        assert least(known(draft, behind, labels=labels), "address")[0][:2] == (2, 2)


@pytest.mark.slow
def test_nobody_votes_for_tokenised_shares_so_they_are_no_party(draft: Draft) -> None:
    behind = {V: {TOKENISED: 20}, W: {TOKENISED: 20}, X: {F: 60}}
    assert least(known(draft, behind))[1] == (1, 1, {X})
    assert least(known(draft, behind))[0][:2] == (2, 2)
    # The chain tells of no more than these; or of 30 more, in accounts that are not known: they may be F's.
    assert least(known(draft, behind, liquid=40)) == least(known(draft, behind))
    assert least(known(draft, behind, liquid=70))[0][:2] == (1, 3)
    # A contract can vote.
    contract = bech32("akash", module_address("wasm", "tokenizeshare_7"))
    behind = {V: {contract: 25}, W: {contract: 25, E: 20}, X: {F: 20}}
    assert least(known(draft, behind))[1] == (1, 1, {contract})


@pytest.mark.slow
def test_delegators_who_were_not_read_could_be_fewer(draft: Draft) -> None:
    for_all = known(draft, {V: {}, W: {}, X: {}}, tokens={V: 31, W: 29, X: 40})
    assert least(for_all) == [(1, 2, {V, X}), (1, 1, {X})]
    assert paths(for_all)[0].name == f"{FORCE}, delegators of 3 of 3 validators not read"
    # Nobody knows whose 29 of 100 are that W has: whoever has 38 beside has 67.
    of_one = known(draft, {**BEHIND, W: {}}, tokens={V: 31, W: 29, X: 40})
    assert least(of_one)[0][:2] == (1, 2)
    assert least(of_one)[1][:2] == (1, 1)


@pytest.mark.slow
def test_what_validators_have_less_by_now_all_behind_them_have_less(draft: Draft) -> None:
    before = {validator: {one: 2 * amount for one, amount in held.items()} for validator, held in BEHIND.items()}
    assert least(known(draft, before, tokens={V: 31, W: 29, X: 40})) == least(known(draft))


@pytest.mark.slow
def test_whose_what_validators_have_more_by_now_nobody_has_read(draft: Draft) -> None:
    """Half of what they have came since: if it is all of D, who has 45 beside, D passes 134 of 200 alone."""
    force, stop = least(known(draft, tokens={V: 62, W: 58, X: 80}))
    assert (force[:2], stop[:2]) == ((1, 2), (1, 1))
    # Tokens of each delegator are cut to whole units: so little more is no news.
    (path, _) = paths(known(draft, tokens={V: 33, W: 31, X: 42}))
    (need,) = path.needs
    assert isinstance(need, Covered)
    assert need.unread == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("votes", "expected", "asked"),
    [
        # E alone voted, so W has the 20 of D.
        ({1: (E,)}, [(2, 2, {V, X}), (1, 1, {X})], 1),
        # D voted: V and W have 6 and nothing left.
        ({1: (D,), 2: (E,)}, [(2, 2, {D, X}), (1, 1, {D})], 2),
        # Since then there were five others: D leaves it to V and W.
        ({1: (D,), **{number: (account(V),) for number in range(2, 7)}}, [(2, 2, {V, X}), (1, 1, {X})], 5),
    ],
)
def test_voters_of_late_vote_alone_with_what_is_theirs(
    draft: Draft, votes: dict[int, tuple[str, ...]], expected: list[tuple[int, int, set[str]]], asked: int
) -> None:
    read = known(draft, votes=votes)
    assert least(read, LATE) == expected
    assert paths(read, LATE)[0].name == f"{FORCE}, delegators as they voted on the last {asked}"
    assert least(read) == least(known(draft))


def test_who_voted_of_late_is_not_known_where_no_vote_was_read(draft: Draft) -> None:
    (force, _) = paths(known(draft), LATE)
    assert (force.missing, force.unread) == ("who voted on its last proposals has not been read", True)


@pytest.mark.slow
@pytest.mark.parametrize("behind", [{V: {}, W: {}, X: {}}, {V: {D: 20}, W: {E: 20}, X: {F: 20}}])
def test_power_that_nobody_has_read_votes_against_whoever_acts(
    draft: Draft, behind: Mapping[str, Mapping[str, int]]
) -> None:
    """Of 100 nobody has read who has 40: the other 60 do not pass what 40 veto, and two of three have the 34 to veto.

    Of 60 it would take 21; who has the rest might need nobody.
    """
    one = known(draft, behind, tokens=dict.fromkeys((V, W, X), 20))
    totals = {"n_all": 0, "total": 60, "reported_total": 100, "coverage": 0.6}
    draft.replace("distribution", pl.DataFrame([{"snapshot": 1, "population": 0, "grouping": "address", **totals}]))
    try:
        force, *stop = ways(one, "control")
    finally:
        draft.replace("distribution", pl.DataFrame([{"snapshot": 0}]))
    unread = "who has 40.00% of it has not been read"
    assert (force.side, force.missing) == (Side.FORCE, unread)
    assert [path.missing for path in stop] == ["", unread]
    (need,) = stop[0].needs
    assert isinstance(need, Covered)
    assert (need.need, need.fewest().upper) == (34, 2)
