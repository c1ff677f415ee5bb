"""What is told as a change, and what is not: silence, other methods, other labels, more or less that was read."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from files.changes import KEPT, Change, Known, begun, compared, document, known
from files.documents import as_json
from files.markup import feed
from files.watched import Kind, Watched
from store.mart import Mart
from tests.files.conftest import Plant, seen

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
FORCED = "network = 'akash' AND grouping = 'control' AND side = 'force' AND action = 'halt'"
NEWEST = "(SELECT max_by(id, time) FROM snapshot WHERE network = 'akash' AND reading = '{}')"
STAKE = "UPDATE verdict SET words = 'a committee', text = 'a committee (C)' WHERE network = 'akash' AND axis = 'math'"
HALT = f"UPDATE power SET number = 1, words = 'one party' WHERE {FORCED}"
OBEYS = """
    INSERT INTO observation BY NAME SELECT id AS snapshot, network, 'ruled_by' AS name, 'x' AS subject,
    '{1} 0x1' AS exact FROM newest WHERE network = '{0}' LIMIT 1
"""
LABEL_ON_FETCH = """
    INSERT INTO entity BY NAME SELECT network, address, 'somebody' AS entity, 'operator' AS kind,
    'a test' AS source, now() AS recorded_at FROM holder WHERE network = 'fetch' LIMIT 1
"""


def told(before: Known, after: Mart) -> tuple[Change, ...]:
    """The changes that a mart brings."""
    return compared(before, *seen(after)).changes


@pytest.mark.parametrize(
    ("kind", "planted_sql", "says"),
    [
        ("word", STAKE, "now a committee (C) Before: at most a committee (C)."),
        ("power", HALT, "how few can force halt: now one party"),
        (
            "keys",
            "UPDATE holding SET holder = 90003 WHERE snapshot = 90001 AND holder = 90002",
            "bridge/admin changed Added fetch1cccc; removed fetch1bbbb. Now two keys.",
        ),
        ("parameter", "UPDATE observation SET exact = '3' WHERE name = 'sudo_threshold'", "sudo threshold is now 3"),
        (
            "silence",
            "UPDATE snapshot SET time = time - INTERVAL 3 HOUR, since = NULL WHERE id = "
            + NEWEST.format("consensus")
            + "; DELETE FROM snapshot WHERE network = 'akash' AND reading = 'consensus' AND id <> "
            + NEWEST.format("consensus"),
            "nothing is known to have changed",
        ),
    ],
)
@pytest.mark.slow
def test_a_change_of_each_kind_is_told_with_what_was_before(
    planted: Plant, before: Known, kind: str, planted_sql: str, says: str
) -> None:
    found = [one for one in told(before, planted(planted_sql)) if one.kind == kind]
    assert found
    assert says in f"{found[0].title} {found[0].says}"
    assert {one.network for one in found} <= {"akash", "fetch"}


@pytest.mark.slow
def test_a_proposal_that_opens_is_told_and_a_vote_that_one_party_can_turn_from_now_on(
    planted: Plant, before: Known
) -> None:
    found, built = seen(planted())
    voted = {one.key for one in found if one.kind in (Kind.PROPOSAL, Kind.FLIP) and one.subject}
    unseen = replace(before, before={key: one for key, one in before.before.items() if key not in voted})
    opened = compared(unseen, found, built).changes
    assert {(one.kind, one.network) for one in opened} == {("proposal", "akash"), ("proposal", "fetch")}
    several = {
        key: replace(one, value="several") if key.startswith("flip/") else one for key, one in before.before.items()
    }
    turned = compared(replace(before, before=several), found, built).changes
    assert {one.kind for one in turned} == {"flip"}
    assert "one address can now turn proposal" in turned[0].title


@pytest.mark.parametrize(
    "silence",
    [
        # Whatever the numbers do, they rest on something else, or on nothing.
        "UPDATE snapshot SET method = 'Read in another way.' WHERE network IN ('akash', 'fetch')",
        "UPDATE snapshot SET chain_id = 'akashnet-3' WHERE network = 'akash'",
        "UPDATE distribution SET coverage = 0.7",
        "INSERT INTO entity BY NAME SELECT network, address, 'somebody' AS entity, 'operator' AS kind, "
        "'a test' AS source, now() AS recorded_at FROM holder WHERE network = 'akash' LIMIT 1",
        "UPDATE power SET version = 'another rule'; UPDATE verdict SET version = 'another rule'",
        "UPDATE path SET missing = 'nobody knows who holds it', number = NULL, basis = basis || ', not known' "
        "WHERE side = 'force' AND network = 'akash' AND action = 'halt'; UPDATE verdict SET version = 'x'",
        "UPDATE power SET state = 'not read', number = NULL, text = 'not read: silent'; "
        "UPDATE verdict SET state = 'not read', number = NULL, words = '', text = 'not read: silent'",
    ],
)
@pytest.mark.slow
def test_silence_and_another_way_of_counting_never_read_as_power_that_changed(
    planted: Plant, before: Known, silence: str
) -> None:
    assert told(before, planted(f"{STAKE}; {HALT}; {silence}")) == ()


@pytest.mark.parametrize(
    "with_it",
    [
        # A threshold, a validator that joins, and one way more or less of the same kind.
        "UPDATE path SET name = name || ', 1 of 3'",
        "UPDATE path SET name = name || ', delegators of 5 of 5 validators not read'",
        "UPDATE power SET unknown = 'who has 23.08% of it has not been read'",
        "INSERT INTO path SELECT * REPLACE (name || ', one key' AS name) FROM path",
    ],
)
@pytest.mark.slow
def test_power_that_changes_together_with_a_number_in_the_name_of_a_way_is_told_once(
    planted: Plant, before: Known, with_it: str
) -> None:
    (found,) = told(before, planted(f"{HALT}; {with_it}"))
    assert (found.kind, found.subject, found.number) == (Kind.POWER, "force halt", 1)


@pytest.mark.parametrize(
    "rules",
    [
        "INSERT INTO way BY NAME SELECT 'akash' AS network, 'fetch' AS other",
        # A contract obeys one there; and it does so by way of a third network.
        OBEYS.format("akash", "fetch"),
        OBEYS.format("akash", "between") + "; INSERT INTO way BY NAME SELECT 'between' AS network, 'fetch' AS other",
    ],
)
@pytest.mark.slow
def test_power_by_keys_of_another_network_is_compared_where_those_are_read_alike(planted: Plant, rules: str) -> None:
    found, built = seen(planted(rules))
    before = compared(begun(built, ""), found, built)
    assert [one.kind for one in told(before, planted(f"{HALT}; {rules}"))] == [Kind.POWER]
    for other in ("UPDATE snapshot SET method = 'Read in another way.' WHERE network = 'fetch'", LABEL_ON_FETCH):
        assert told(before, planted(f"{HALT}; {rules}; {other}")) == ()


MINTER = """
    INSERT INTO population VALUES (90002, 'bridge/minter');
    INSERT INTO holding VALUES (90001, 90002, 90003, 1)
"""


@pytest.mark.slow
def test_a_key_that_nobody_had_before_is_told_and_that_nobody_has_it_any_more(planted: Plant, before: Known) -> None:
    had, built = seen(planted(MINTER, 6))
    first = compared(before, had, built)
    gone = compared(first, *seen(planted("", 7)))
    back = compared(gone, *seen(planted(MINTER, 8)))
    still = compared(back, *seen(planted(MINTER, 9)))
    told_of_it = [(change.kind, change.subject, change.says) for change in still.changes]
    assert told_of_it == [
        ("keys", "control/bridge/minter", "Added fetch1cccc. Now one key."),
        ("keys", "control/bridge/minter", "Removed fetch1cccc. Now no keys."),
        ("keys", "control/bridge/minter", "Added fetch1cccc. Now one key."),
    ]


@pytest.mark.parametrize(
    "other",
    [
        "UPDATE snapshot SET method = 'Read in another way.' WHERE id = 90001",
        # It looks at more keys, or at fewer.
        "INSERT INTO way BY NAME SELECT 'fetch' AS network, 'bridge/minter' AS population",
        "DELETE FROM holding WHERE snapshot = 90001",
    ],
)
@pytest.mark.slow
def test_keys_that_come_or_go_with_another_way_of_reading_are_not_told(
    planted: Plant, before: Known, other: str
) -> None:
    assert told(before, planted(f"{MINTER}; {other}")) == ()
    # Nor are they when it is read so again: nobody knows when they went.
    with_it, built = seen(planted(MINTER, 6))
    had = replace(compared(before, with_it, built), changes=())
    silent = compared(had, *seen(planted(other, 7)))
    assert silent.changes == ()
    assert compared(silent, *seen(planted(other, 8))).changes == ()


@pytest.mark.slow
def test_a_reading_whose_keys_are_gone_tells_of_no_key_that_was_removed(planted: Plant, before: Known) -> None:
    assert told(before, planted("DELETE FROM holding WHERE snapshot = 90001")) == ()


def one(value: str | None, basis: str = "a", kind: Kind = Kind.POWER, subject: str = "force halt") -> Watched:
    """Something watched."""
    return Watched(kind, "akash", "Akash", subject, "how few can halt it", value, f"told {value}", basis)


def test_what_answers_again_after_a_silence_is_compared_with_what_it_was_before() -> None:
    state = begun(NOW, "https://example.org/data/")
    for hour, value in enumerate(("3", None, None, "2")):
        state = compared(state, [one(value)], NOW + timedelta(hours=hour))
    assert [(change.before, change.after) for change in state.changes] == [("told 3", "told 2")]
    again = compared(state, [one("2")], NOW + timedelta(hours=9))
    assert again.changes == state.changes


def test_what_nobody_asked_for_before_is_not_told_as_new() -> None:
    asked, vote = one("proposals", kind=Kind.PROPOSAL, subject=""), one("open", kind=Kind.PROPOSAL, subject="a:1")
    first = compared(begun(NOW, ""), [asked, vote], NOW)
    assert first.changes == ()
    second = compared(first, [asked, vote, one("open", kind=Kind.PROPOSAL, subject="a:2")], NOW)
    assert [change.subject for change in second.changes] == ["a:2"]


def test_ids_are_tags_that_stay_and_a_change_is_told_once_though_its_writer_is_killed() -> None:
    before = compared(begun(NOW, "https://example.org/data/"), [one("3")], NOW)
    after = compared(before, [one("2")], NOW)
    (change,) = after.changes
    assert change.id == "tag:example.org,2026:power/akash/force%20halt/20261130T120000"
    # As if what it is compared with had not been written.
    assert compared(replace(after, before=before.before), [one("2")], NOW).changes == (change,)


def test_two_changes_of_one_thing_within_one_second_are_both_told() -> None:
    state = compared(begun(NOW, ""), [one("3")], NOW)
    for milliseconds, value in ((100, "2"), (700, "1")):
        state = compared(state, [one(value)], NOW + timedelta(milliseconds=milliseconds))
    assert [change.after for change in state.changes] == ["told 1", "told 2"]
    assert len({change.id for change in state.changes}) == len(state.changes)


def test_what_is_kept_is_bounded_by_number_and_by_age() -> None:
    state = compared(begun(NOW, ""), [one("0")], NOW)
    for hour in range(KEPT + 20):
        state = compared(state, [one(str(hour))], NOW + timedelta(hours=hour))
    assert len(state.changes) == KEPT
    assert [change.updated for change in state.changes] == sorted((c.updated for c in state.changes), reverse=True)
    assert compared(state, [], NOW + timedelta(days=120)).changes == ()


def test_who_opens_a_thousand_proposals_pushes_out_no_other_change() -> None:
    asked = one("proposals", kind=Kind.PROPOSAL, subject="")
    state = compared(compared(begun(NOW, ""), [asked, one("3")], NOW), [asked, one("2")], NOW)
    flood = [one("open", kind=Kind.PROPOSAL, subject=f"a:{number}") for number in range(1_000)]
    state = compared(state, [asked, one("2"), *flood], NOW + timedelta(hours=1))
    # All of them are told once: one that harms could be among them.
    assert [change.kind for change in state.changes] == [Kind.PROPOSAL] * len(flood) + [Kind.POWER]
    state = compared(state, [asked, one("2"), *flood], NOW + timedelta(hours=2))
    assert [change.kind for change in state.changes] == [Kind.PROPOSAL] * KEPT + [Kind.POWER]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (("several", "one"), 1),
        (("one", None, "one"), 1),
        (("several", None, "one"), 1),
        # Never known before: it is news of this vote, whenever it could be counted first.
        ((None, "one"), 1),
        (("several", None, "one by another way"), 0),
    ],
)
def test_a_vote_that_cannot_be_counted_for_a_while_has_not_turned(values: tuple[str | None, ...], told: int) -> None:
    asked, vote = one("proposals", kind=Kind.PROPOSAL, subject=""), one("open", kind=Kind.PROPOSAL, subject="a:1")
    state = compared(begun(NOW, ""), [asked, vote, one(None, kind=Kind.FLIP, subject="a:1")], NOW)
    for hour, value in enumerate(values, 1):
        flip = one(value and value.split()[0], "b" if value and " " in value else "a", Kind.FLIP, "a:1")
        state = compared(state, [asked, vote, flip], NOW + timedelta(hours=hour))
    assert [change.kind for change in state.changes] == [Kind.FLIP] * told


def test_a_file_of_changes_is_read_again_as_it_was_and_a_damaged_one_begins_anew() -> None:
    state = compared(compared(begun(NOW, ""), [one("3")], NOW), [one("2")], NOW)
    assert known(as_json(document(state))) == state
    other = json.dumps({**document(state), "format": 0}).encode()
    for damaged in (None, b"", b"{", b"[]", b'{"format": 1}', other):
        assert known(damaged) is None


def test_ids_stay_when_the_address_of_the_files_moves() -> None:
    state = compared(compared(begun(NOW, ""), [one("3")], NOW), [one("2")], NOW)
    moved = known(as_json(document(state)))
    assert moved
    for at in ("", "https://elsewhere.example/"):
        found = re.findall("<id>(.*?)</id>", feed(moved, at=at).decode())
        assert found == ["tag:deai.invalid,2026:changes", state.changes[0].id]
