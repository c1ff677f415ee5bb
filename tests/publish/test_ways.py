"""Ways to power that networks declare, with who has them: each kind by itself, on networks that no file knows."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from hashlib import sha256
from typing import Any, get_args, get_type_hints

import polars as pl
import pytest

from analytics.decimals import ONE
from analytics.power.paths import Action, Path, Quorum, Side, fewest
from analytics.votes.rules import levers
from analytics.votes.tally import Thresholds
from ingest.evm import powers as evm_powers
from ingest.network import Inherited, Key, Keys, Needs, Network, Reading, Refuse, Rule, Seats, Unlisted, Vote, Way
from ingest.networks import networks
from ingest.publication import described
from publish.look import Known
from publish.ways import KINDS, ways
from store.draft import Draft
from store.rows import Facts, Kind, Measure
from tests.worlds.each import each

NOON = datetime(2026, 7, 17, 12, tzinfo=UTC)
POWER, CONTROL = Measure.VOTING_POWER, Measure.CONTROL
TALLY = {("quorum", "dao"): "0.334", ("threshold", "dao"): "0.5", ("veto_threshold", "dao"): "0.334"}
HELD = {
    (POWER, "voters"): {"a": 4, "b": 3, "c": 2, "d": 1},
    (CONTROL, "council"): {"a": 1, "b": 1, "c": 1, "d": 1, "e": 1},
    (CONTROL, "vault/owner"): {"safe": 1},
    (CONTROL, "safe/signers"): {"a": 1, "b": 1, "c": 1},
    (CONTROL, "bank/owner"): {"box": 1},
    (CONTROL, "box/owner"): {"safe": 1},
    (CONTROL, "till/owner"): {"shut": 1},
    (CONTROL, "lost/owner"): {"drifter": 1},
}
SAID = TALLY | {
    ("seats", ""): "3",
    ("threshold", "safe"): "2",
    ("proved", "safe"): "Safe 1.4.1",
    **{("account", holder): "contract" for holder in ("safe", "box", "shut")},
    **{("account", holder): "key" for holder in "abcde"},
}


# Ids of their snapshots.
MEASURES: Mapping[Measure, int] = {POWER: 1, CONTROL: 2}


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Draft]:
    """One for all cases: each replaces what its tables hold."""
    with Draft(tmp_path_factory.mktemp("ways")) as draft:
        yield draft


def a_network(*declared: Way) -> Network:
    return Network("newcomer", "Newcomer", "data", "NEW", "new", 0, "hex", ways=declared)


def filled(
    draft: Draft,
    network: Network,
    held: Mapping[tuple[Measure, str], Mapping[str, int]] = HELD,
    said: Mapping[tuple[str, str], str] = SAID,
    labels: Mapping[str, str] | None = None,
) -> Draft:
    """A draft in which a network has declared its ways, and this was read of it."""
    rows = [(*key, holder, amount) for key, votes in held.items() for holder, amount in votes.items()]
    populations, holders = (list(dict.fromkeys(row[column] for row in rows)) for column in (1, 2))
    tables: dict[str, Sequence[Mapping[str, object]]] = {
        "snapshot": [{"id": i, "network": network.name, "measure": m, "time": NOON} for m, i in MEASURES.items()],
        "population": [{"id": place, "name": name} for place, name in enumerate(populations)],
        "holder": [{"id": i, "network": network.name, "address": one} for i, one in enumerate(holders)],
        "holding": [
            {"snapshot": MEASURES[m], "population": populations.index(p), "holder": holders.index(h), "amount": n}
            for m, p, h, n in rows
        ],
        "observation": [
            {"snapshot": 2, "network": network.name, "name": name, "subject": subject, "time": NOON, "exact": exact}
            for (name, subject), exact in said.items()
        ],
        "entity": [
            {"network": network.name, "address": one, "entity": who, "source": "x", "recorded_at": NOON, **CHECKED}
            for one, who in (labels or {}).items()
        ],
        "holder_label": [
            {"holder": holders.index(one), "network": network.name, "entity": who}
            for one, who in (labels or {}).items()
            if one in holders
        ],
    }
    for table, frame in described({network.name: network}).items():
        draft.replace(table, frame)
    for table, found in tables.items():
        draft.replace(table, pl.DataFrame(found))
    return draft


def told(draft: Draft, way: Way, **read: Mapping[tuple[str, str], str]) -> list[tuple[str, int | str]]:
    """Each path by its name, and how much it needs or why nobody knows."""
    network = a_network(way)
    paths = ways(Known(filled(draft, network, **read), network.name), "control")  # type: ignore[arg-type]
    assert all((path.action, path.side) == (way.action, way.side) for path in paths)
    return [(path.name, quorum(path).need if path.needs else path.missing) for path in paths]


def quorum(path: Path) -> Quorum:
    """The only need of a path, which is a quorum."""
    (found,) = path.needs
    assert isinstance(found, Quorum)
    return found


@contextmanager
def partly_read(draft: Draft, network: str, total: int, reported: int) -> Iterator[Known]:
    """What is known where of the first population of power so much was read, and so much there is."""
    of = {"network": network, "time": NOON, "witness": ""}
    draft.replace("snapshot", pl.DataFrame([{"id": i, "reading": m, "measure": m, **of} for m, i in MEASURES.items()]))
    totals = {"n_all": 0, "total": total, "reported_total": reported, "coverage": total / reported}
    draft.replace("distribution", pl.DataFrame([{"snapshot": 1, "population": 0, "grouping": "address", **totals}]))
    try:
        yield Known(draft, network)
    finally:
        draft.replace("distribution", pl.DataFrame([{"snapshot": 0}]))


def force(name: str, needs: Needs) -> Way:
    return Way(Action.CHANGE_RULES, Side.FORCE, name, needs, "a test")


def stop(name: str, needs: Needs) -> Way:
    return Way(Action.CHANGE_RULES, Side.STOP, name, needs, "a test")


COUNCIL = Keys("council", needed="seats", proof="council_signers", governs="council")
ONE_VOTER, MOST = Rule(POWER, "voters", "", 0, 1, strict=True), Rule(CONTROL, "council", "", 1, 2, strict=True)
CHAMBERS = Seats((ONE_VOTER, MOST), "voters, council")
HIDDEN = Unlisted("roles", "nobody lists them")
CHECKED = {"checked_at": NOON}
UNREAD_VOTE = "its rule or its voters have not been read"
PROVED = {("council_signers", ""): "verified", ("rule", ""): "council"}


@pytest.mark.slow
@pytest.mark.table
@each(
    ("way", "said", "expected"),
    [
        (force("a third", Rule(POWER, "voters", "halt", 1, 3, strict=False)), {}, [("a third", 4)]),
        (force("half", Rule(POWER, "voters", "decide", 1, 2, strict=True)), {}, [("half", 6)]),
        (
            force("half of nobody", Rule(POWER, "nobody", "decide", 1, 2, strict=True)),
            {},
            [("half of nobody", "who the nobody are has not been read")],
        ),
        # With 0.334 to veto, 7 of 10 pass what 3 would veto, and 4 veto what 6 would pass.
        (force("vote", Vote(POWER, "voters", "dao", "pass", "all others veto")), {}, [("vote", 7)]),
        (stop("veto", Vote(POWER, "voters", "dao", "veto", "all others vote Yes")), {}, [("veto", 4)]),
        # Another module's parameters are not this vote's.
        (force("vote", Vote(POWER, "voters", "gov", "pass", "all others veto")), {}, [("vote", UNREAD_VOTE)]),
        (stop("veto", Vote(POWER, "voters", "gov", "veto", "all others vote Yes")), {}, [("veto", UNREAD_VOTE)]),
        (force("council", Keys("council", needed="seats")), {}, [("council, 3 of 5", 3)]),
        (stop("council", Keys("council", needed="seats")), {("seats", ""): "4"}, [("council, 4 of 5", 2)]),
        (
            force("council", Keys("nobody", needed="seats")),
            {},
            [("council", "who has the nobody keys has not been read")],
        ),
        (
            force("council", Keys("council", needed="unsaid")),
            {},
            [("council", "how many of the 5 must act together is not known")],
        ),
        (force("council", COUNCIL), {}, [("council", "who has the council keys has not been read")]),
        (force("council", COUNCIL), PROVED, [("council, 3 of 5", 3)]),
        (
            force("council", COUNCIL),
            {("rule", ""): "council"},
            [("council", "its signers are not proved")],
        ),
        # Who has them is proved, and was not read.
        (
            force("nobody", Keys("nobody", needed="seats", proof="council_signers", governs="council")),
            PROVED,
            [("nobody", "who has the nobody keys has not been read")],
        ),
        (
            stop("council", COUNCIL),
            {("rule", ""): "council"},
            [("council", "its signers are not proved")],
        ),
        (
            force("council", COUNCIL),
            PROVED | {("rule", ""): "referenda"},
            [("the chain's governance", "referenda")],
        ),
        (force("owner", Key("vault/owner")), {}, [("owner, a multisig 2 of 3", 2)]),
        (
            force("owner", Key("bank/owner")),
            {},
            [
                ("owner, a multisig 2 of 3", 2),
                ("owner", "box is not proved to be what it says: who else moves it is not known"),
            ],
        ),
        (force("owner", Key("till/owner")), {}, [("owner", "shut is a contract whose keys are not known")]),
        (force("owner", Key("till/owner")), {("account", "shut"): "key"}, [("owner, one key", 1)]),
        (stop("owner", Key("vault/owner")), {("threshold", "safe"): "3"}, [("owner, a multisig 3 of 3", 1)]),
        # Of nobody whether the holder is a key or a contract.
        (force("owner", Key("lost/owner")), {}, [("owner", "what drifter is has not been read")]),
        (force("owner", Key("nobody/owner")), {}, []),
        (force("roles", Unlisted("roles", "nobody lists them")), {}, []),
        (
            force("roles", Unlisted("roles", "nobody lists them")),
            {("roles", "x"): "hidden"},
            [("roles", "nobody lists them")],
        ),
    ],
)
def test_a_way_is_counted_by_what_was_read(
    draft: Draft, way: Way, said: dict[tuple[str, str], str], expected: list[tuple[str, int | str]]
) -> None:
    assert told(draft, way, said=SAID | said) == expected


HALF = force("half", Rule(POWER, "voters", "decide", 1, 2, strict=True))


@pytest.mark.slow
@each(
    ("way", "said", "reported", "basis"),
    [
        (force("council", Keys("council", needed="seats")), {}, 0, ["council"]),
        (force("council", Keys("council", needed="seats")), {("seats", ""): "1"}, 0, ["council"]),
        (force("council", Keys("council", needed="unsaid")), {}, 0, ["council, not known"]),
        (force("owner", Key("vault/owner")), {}, 0, ["owner"]),
        (force("owner", Key("vault/owner")), {("account", "safe"): "key"}, 0, ["owner"]),
        (force("owner", Key("till/owner")), {}, 0, ["owner, not known"]),
        # What was not read of the power matters, or not, by who has how much; how much it is says its coverage.
        (HALF, {}, 13, ["half"]),
        (HALF, {}, 11, ["half"]),
        (HALF, {}, 21, ["half"]),
    ],
)
def test_two_counts_are_of_one_thing_whatever_numbers_their_ways_name(
    draft: Draft, way: Way, said: dict[tuple[str, str], str], reported: int, basis: list[str]
) -> None:
    network = a_network(way)
    with partly_read(filled(draft, network, said=SAID | said), network.name, 10, reported or 10) as known:
        assert sorted({one.basis for one in ways(known, "address")}) == basis


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        (10, [("half", 6, ["a", "b"])]),
        # Of 13 it takes seven: a and b have them. With the three that nobody is known to have a needs no other one.
        (13, [("half", 7, ["a", "b"]), ("half", "who has 23.08% of it has not been read", [])]),
        # Of 11 it takes six, as before, and the eleventh changes nothing.
        (11, [("half", 6, ["a", "b"])]),
        # Of 21 it takes eleven, which nobody who is known has.
        (21, [("half", "who has 52.38% of it has not been read", [])]),
    ],
)
def test_what_was_not_read_of_the_power_is_nobodys_that_is_known(
    draft: Draft, reported: int, expected: list[tuple[str, int | str, list[str]]]
) -> None:
    network = a_network(force("half", Rule(POWER, "voters", "decide", 1, 2, strict=True)))
    with partly_read(filled(draft, network), network.name, 10, reported) as known:
        paths = ways(known, "control")
    found = [
        (
            path.name,
            quorum(path).need if path.needs else path.missing,
            sorted(fewest(path).parties) if path.needs else [],
        )
        for path in paths
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        (10, [("both", ["a", "b", "c"])]),
        # Of 11 one voter is enough as before; whoever has the eleventh would be, too.
        (11, [("both", ["a", "b", "c"]), ("who has 9.09% of it has not been read", [])]),
    ],
)
def test_of_a_body_that_was_read_in_part_whoever_has_the_rest_may_be_enough(
    draft: Draft, reported: int, expected: list[tuple[str, list[str]]]
) -> None:
    network = a_network(force("both", CHAMBERS))
    said = SAID | {("rule", ""): "voters, council"}
    with partly_read(filled(draft, network, said=said), network.name, 10, reported) as known:
        found = ways(known, "control")
    assert [(one.missing or one.name, sorted(fewest(one).parties) if one.needs else []) for one in found] == expected


@pytest.mark.parametrize(("share", "expected"), [((1, 2), ["both"]), ((2, 3), [])])
def test_a_body_of_which_too_little_was_read_decides_by_nobody_that_is_known(
    draft: Draft, share: tuple[int, int], expected: list[str]
) -> None:
    """Of 18 votes ten were read: they are more than half, and not two thirds."""
    body = Rule(POWER, "voters", "", *share, strict=True)
    network = a_network(force("both", Seats((body, MOST), "voters, council")))
    said = SAID | {("rule", ""): "voters, council"}
    with partly_read(filled(draft, network, said=said), network.name, 10, 18) as known:
        found = ways(known, "control")
    assert [one.name for one in found if one.needs] == expected
    assert [one.missing for one in found if one.missing] == ["who has 44.44% of it has not been read"]


@pytest.mark.slow
@each(
    ("rule", "expected"),
    [
        # One voter has a seat in the council too, and serves both.
        ("voters, council", ["a", "b", "c"]),
        ("king, voters, council", ["a", "b", "c"]),
        # A rule that is ready is no way before the chain has its bodies.
        ("king", None),
        ("voters", None),
        ("rule unknown", None),
        (None, None),
    ],
)
def test_bodies_that_rule_together_are_counted_while_they_rule(
    draft: Draft, rule: str | None, expected: list[str] | None
) -> None:
    network = a_network(force("both", CHAMBERS))
    said = {("rule", ""): rule} if rule else {}
    paths = ways(Known(filled(draft, network, said=SAID | said), network.name), "control")
    assert [sorted(fewest(path).parties) for path in paths] == ([expected] if expected else [])


@pytest.mark.slow
def test_a_body_that_was_not_read_leaves_the_way_unknown(draft: Draft) -> None:
    nobody = Rule(CONTROL, "nobody", "", 1, 1, strict=False)
    assert told(draft, force("both", Seats((MOST, nobody)))) == [("both", "who the nobody are has not been read")]
    assert told(draft, force("all", Seats((replace(MOST, numerator=1, denominator=1, strict=False),)))) == [("all", 5)]


@pytest.mark.slow
@each(
    ("rule", "expected"),
    [
        ("king", ["king, 2 of 3"]),
        ("king, voters, council", ["king, 2 of 3", "both"]),
        # Others rule who are known: the king's way is closed, and nothing is unknown.
        ("voters, council", ["both"]),
        ("nobody", []),
        # Somebody rules whom no way knows.
        ("king, parliament", ["the chain's governance", "king, 2 of 3"]),
        ("parliament", ["the chain's governance"]),
    ],
)
def test_who_rules_by_the_chains_own_word_is_who_is_counted(draft: Draft, rule: str, expected: list[str]) -> None:
    network = a_network(force("king", Keys("kings", needed="kings", governs="king")), force("both", CHAMBERS))
    held = HELD | {(CONTROL, "kings"): {"x": 1, "y": 1, "z": 1}}
    said = SAID | {("rule", ""): rule, ("kings", ""): "2"}
    paths = ways(Known(filled(draft, network, held, said), network.name), "control")
    assert [path.name for path in paths] == expected


@pytest.mark.slow
@each("side", Side)
def test_keys_that_a_reading_would_tell_and_never_has_are_not_read(draft: Draft, side: Side) -> None:
    needs: Needs = Key("token/minter") if side is Side.FORCE else Refuse()
    minters = Way(Action.MINT, Side.FORCE, "minter", Key("token/minter"), "a test")
    nothing = Facts(pl.DataFrame())
    reading: Reading[Any] = Reading("control", Kind.HOLDINGS, CONTROL, "", timedelta(days=1), lambda _: nothing)
    network = a_network(minters, Way(Action.MINT, side, "keys", needs, "a test"))

    def told(network: Network) -> list[str]:
        paths = ways(Known(filled(draft, network), network.name), "control")
        return [f"{path.name}: {path.missing}" for path in paths if path.name == "keys" and path.unread]

    assert told(replace(network, readings=(reading,))) == ["keys: who holds such keys has not been read"]
    # A contract may have no minter; so it is where what would tell has landed.
    assert told(network) == []


def test_what_a_network_does_not_declare_is_not_known(draft: Draft) -> None:
    network = a_network()
    assert ways(Known(filled(draft, network), network.name), "control") == ()


def test_a_label_merges_votes_and_keys_and_is_told_as_looked_into(draft: Draft) -> None:
    majority = force("half", Rule(POWER, "voters", "decide", 1, 2, strict=True))
    network = a_network(majority, force("council", Keys("council", needed="seats")))
    # A name may have digits, and begin like an address.
    filled(draft, network, labels={"a": "0xlabs", "b": "0xlabs", "c": "node-1"})
    known = Known(draft, network.name)
    half, council = ways(known, "control")
    assert quorum(half).votes == {"0xlabs": 7, "node-1": 2, "d": 1}
    assert half.confidence.reviewed == 0.9
    assert quorum(council).votes == {"0xlabs": 2, "node-1": 1, "d": 1, "e": 1}
    assert known.labels() == {"0xlabs", "node-1"}
    half, _ = ways(known, "address")
    assert quorum(half).votes == {"a": 4, "b": 3, "c": 2, "d": 1}
    assert half.confidence.reviewed == 0


def test_what_a_voter_says_of_itself_merges_nothing_but_beside_the_headline(draft: Draft) -> None:
    network = a_network(force("half", Rule(POWER, "voters", "decide", 1, 2, strict=True)))
    filled(draft, network, labels={"a": "firm"})
    rows = [{"network": network.name, "address": one, "entity": who} for one, who in {"a": "b", "b": "firm"}.items()]
    draft.replace("claim", pl.DataFrame(rows))
    known = Known(draft, network.name)
    votes = {grouping: quorum(*ways(known, grouping)).votes for grouping in ("address", "control", "claimed")}
    draft.replace("claim", pl.DataFrame())
    assert votes == {
        "address": {"a": 4, "b": 3, "c": 2, "d": 1},
        "control": {"firm": 4, "b": 3, "c": 2, "d": 1},
        "claimed": {"firm": 7, "c": 2, "d": 1},
    }
    assert known.labels() == {"firm"}


def test_a_label_whose_source_nobody_opened_merges_and_raises_no_letter(draft: Draft) -> None:
    network = a_network(force("half", Rule(POWER, "voters", "decide", 1, 2, strict=True)))
    filled(draft, network, labels={"a": "one", "b": "one", "c": "two"})
    entity = draft.table("FROM entity")
    unseen = pl.when(pl.col("address") == "b").then(None).otherwise(pl.col("checked_at"))
    draft.replace("entity", entity.with_columns(checked_at=unseen))
    known = Known(draft, network.name)
    (half,) = ways(known, "control")
    assert quorum(half).votes == {"one": 7, "two": 2, "d": 1}
    assert known.labels() == {"one", "two"}
    assert half.confidence.reviewed == 0.2


def test_the_shortest_time_to_the_effect_stands_with_the_path(draft: Draft) -> None:
    third = Rule(POWER, "voters", "halt", 1, 3, strict=False)
    network = a_network(
        replace(force("at once", third), takes=0),
        replace(force("by a vote", third), takes=("voting_period|gov", "expedited_voting_period|gov")),
        force("not said", third),
        replace(force("never read", third), takes=("voting_period|dao",)),
    )
    read = {("voting_period", "gov"): "172800", ("expedited_voting_period", "gov"): "86400"}
    paths = ways(Known(filled(draft, network, said=SAID | read), network.name), "control")
    assert [path.seconds for path in paths] == [0, 86_400, None, None]


def test_ways_stand_in_the_order_in_which_they_are_declared(draft: Draft) -> None:
    contracts = {"token": f"0x{7:040x}", "bridge": f"0x{8:040x}"}
    network = a_network(
        *(way for way in evm_powers.ways(contracts) if isinstance(way.needs, Key) and not way.needs.given)
    )
    keys = {("account", one): "key" for one in "ab"}
    populations = [way.needs.population for way in network.ways if isinstance(way.needs, Key)]
    filled(draft, network, {(CONTROL, one): {"b": 1, "a": 1} for one in reversed(populations) if "*" not in one}, keys)
    paths = [path for path in ways(Known(draft, network.name), "control") if path.needs]
    named = [
        f"{way.name}, one key" for way in network.ways if "other roles" not in way.name and "unknown" not in way.name
    ]
    assert [(path.name, *quorum(path).votes) for path in paths] == [(one, key) for one in named for key in "ab"]
    assert [paths[place].action for place in (0, -1)] == [Action.CHANGE_RULES, Action.HALT]


@pytest.mark.slow
def test_of_equal_parties_the_same_are_named_in_whatever_order_they_were_read(draft: Draft) -> None:
    network = a_network(force("council", Keys("council", needed="seats")))
    keys = [f"0x{sha256(bytes([place])).hexdigest()}" for place in range(40)]
    named = []
    for order in (keys, keys[::-1], sorted(keys)):
        filled(draft, network, {(CONTROL, "council"): dict.fromkeys(order, 1)}, SAID)
        (council,) = ways(Known(draft, network.name), "control")
        named.append(fewest(council).parties)
    assert named == [tuple(sorted(keys)[:3])] * 3


def test_each_kind_of_need_has_a_mechanism() -> None:
    kinds = get_args(get_type_hints(Way)["needs"])
    assert {kind.__name__.lower() for kind in kinds} == set(KINDS)


DECLARED = [(network, way) for network in networks().values() for way in network.ways]


@each(("network", "way"), DECLARED, ids=lambda one: one.name)
def test_a_declared_way_rests_on_what_its_network_reads(network: Network, way: Way) -> None:
    assert way.name
    assert way.source
    match way.needs:
        case Rule():
            assert way.needs in network.rules or way.effect, "a threshold that counts is said once"
        case Vote():
            rule = Thresholds(ONE // 3, ONE // 2, ONE // 3)
            cases = {(one.name, one.case) for one in levers(rule, Fraction(1))}
            assert (way.needs.ballot, way.needs.against) in cases
        case Inherited():
            other = networks()[way.needs.other].ways
            part = way.needs.part
            assert any(isinstance(one.needs, Key) and one.needs.population.startswith(part) for one in other)
    if isinstance(way.needs, Unlisted | Inherited):
        return
    of = way.needs.bodies if isinstance(way.needs, Seats) else (way.needs,)
    for needed in of:
        # Of a network that is only imported, its state files tell what its scorecard has.
        read = {reading.measure for reading in network.readings}
        assert needed.measure in (read or network.scorecard.keys())


def test_what_a_reading_tells_no_more_is_not_so_any_more(draft: Draft) -> None:
    """As a rule that was ready until the chain had it: the chain says that no more, and nothing in its place."""
    way = force("roles", Unlisted("roles", "nobody lists them"))
    network = a_network(way)
    filled(draft, network, said=SAID | {("roles", "x"): "hidden"})
    assert [path.missing for path in ways(Known(draft, network.name), "control")] == ["nobody lists them"]
    later = {"id": 3, "network": network.name, "measure": CONTROL, "time": NOON + timedelta(hours=1)}
    draft.append("snapshot", pl.DataFrame([later]))
    assert ways(Known(draft, network.name), "control") == ()


def test_all_networks_are_asked_at_once_and_each_is_told_its_own(draft: Draft) -> None:
    """What only ways of the other ask a chain is told here too, and counts for nothing."""
    vault = force("vault", Key("vault/owner"))
    here = a_network(vault)
    there = replace(here, name="elder", ways=(replace(vault, needs=Keys("council", needed="roles")),))
    filled(draft, here, said=SAID | {("roles", ""): "hidden"})
    draft.replace("way", described({one.name: one for one in (here, there)})["way"])
    council = draft.table("SELECT id FROM population WHERE name = 'council'")["id"][0]
    of = {"network": there.name, "time": NOON}
    for table, *rows in (
        ("snapshot", {"id": 3, "measure": CONTROL, **of}),
        ("observation", {"snapshot": 3, "name": "roles", "subject": "", "exact": "2", **of}),
        ("holder", *({"id": 90 + place, "network": there.name, "address": "xyz"[place]} for place in range(3))),
        ("holding", *({"snapshot": 3, "population": council, "holder": 90 + place, "amount": 1} for place in range(3))),
    ):
        draft.append(str(table), pl.DataFrame(rows))
    asked: dict[object, dict[str, pl.DataFrame]] = {}
    found = [path for one in (here, there) for path in ways(Known(draft, one.name, asked), "address")]
    assert [(path.name, sorted(quorum(path).votes)) for path in found] == [
        ("vault, a multisig 2 of 3", ["a", "b", "c"]),
        ("vault, 2 of 3", ["x", "y", "z"]),
    ]
