"""Who could force or stop what on Bittensor: the root's powers by who is the root, with labels and without."""

from collections.abc import Iterator, Mapping
from functools import cache

import pytest

from analytics.power.count import Count, counts
from analytics.power.paths import Action, Path, Side
from ingest.bittensor.control import SIGNERS
from ingest.bittensor.subnets import spelled
from ingest.networks import networks
from publish.look import Known
from publish.ways import ways
from store import reference
from store.addresses import unss58
from store.draft import Draft
from store.rows import Measure
from tests.publish.test_ways import filled

NETWORK = networks()["bittensor"]
KEYS = [spelled(unss58(signer)) for signer in SIGNERS]
ROOT = {("rule", ""): "sudo", ("sudo_signers", ""): "verified", ("sudo_threshold", ""): "2"}
UNPROVED = {("sudo_signers", ""): "unverified"}


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Draft]:
    with Draft(tmp_path_factory.mktemp("ways")) as draft:
        yield draft


@cache
def labels() -> dict[str, str]:
    """Whom the curated labels name as those who have the keys."""
    return {key: name for key, name in reference.entities().select("address", "entity").iter_rows() if key in KEYS}


def bodies(**sizes: int) -> dict[tuple[Measure, str], dict[str, int]]:
    """Bodies of so many seats, each a key of its own."""
    return {(Measure.CONTROL, name): {f"{name} {seat}": 1 for seat in range(n)} for name, n in sizes.items()}


def paths(
    draft: Draft,
    said: Mapping[tuple[str, str], str],
    held: Mapping[tuple[Measure, str], Mapping[str, int]],
    grouping: str = "control",
) -> tuple[tuple[Path, ...], frozenset[str]]:
    chain = {(Measure.CONTROL, "sudo"): dict.fromkeys(KEYS, 1), **bodies(authorities=20, grandpa=19)}
    known = Known(filled(draft, NETWORK, {**chain, **held}, said, labels()), NETWORK.name)
    return ways(known, grouping), known.labels()


def counted(
    draft: Draft,
    said: Mapping[tuple[str, str], str],
    held: Mapping[tuple[Measure, str], Mapping[str, int]] | None = None,
    grouping: str = "control",
) -> dict[tuple[Side, Action | None], Count]:
    found, labelled = paths(draft, said, held or {}, grouping)
    return {(one.side, one.action): one for one in counts(found, labelled if grouping == "control" else ())}


@pytest.mark.parametrize(("grouping", "number", "words"), [("control", 1, "one party"), ("address", 2, "two keys")])
@pytest.mark.parametrize("side", Side)
def test_all_powers_of_the_root_are_one_party_with_labels_and_two_keys_without(
    draft: Draft, grouping: str, number: int, words: str, side: Side
) -> None:
    found = counted(draft, ROOT, grouping=grouping)
    for action in (*Action, None):
        one = found[side, action]
        assert (one.number, one.words, one.at_most, one.unknown) == (number, words, False, ""), action
        assert one.path is not None
        assert (one.path.name, one.seconds) == ("the sudo multisig, 2 of 3", 0)


@pytest.mark.slow
def test_a_third_of_the_finality_votes_stops_finality_and_neither_halts_nor_censors(draft: Draft) -> None:
    found, _ = paths(draft, ROOT, {})
    (grandpa,) = [path for path in found if "GRANDPA" in path.name]
    assert grandpa.how == "stop finality, while blocks go on, by 1/3 of the finality votes (GRANDPA)"
    assert "halt" not in grandpa.how
    keyless = counted(draft, {("rule", ""): "nobody"})
    for action in (Action.HALT, Action.CENSOR):
        assert (keyless[Side.FORCE, action].number, keyless[Side.FORCE, action].how) == (
            20,
            f"{action} by all block authors",
        )
    assert keyless[Side.FORCE, Action.MINT].number is None


@pytest.mark.slow
def test_triumvirate_and_senate_are_counted_while_the_runtime_has_them(draft: Draft) -> None:
    """A proposer of three and seven of twelve senators; the sudo key beside them has no known signers."""
    said = {("rule", ""): "sudo, triumvirate, senate", **UNPROVED}
    found = counted(draft, said, bodies(triumvirate=3, senate=12))
    force, stop = found[Side.FORCE, Action.SEIZE], found[Side.STOP, Action.SEIZE]
    assert (force.number, force.at_most, force.unknown) == (8, True, "the sudo multisig: its signers are not proved")
    assert (stop.number, stop.how) == (3, "seize or evict by all of the triumvirate")
    assert counted(draft, said, bodies(triumvirate=9, senate=12))[Side.STOP, Action.SEIZE].number == 6


@pytest.mark.slow
def test_who_sits_in_both_bodies_counts_once(draft: Draft) -> None:
    both = bodies(triumvirate=3, senate=3)
    both[Measure.CONTROL, "senate"]["triumvirate 0"] = 1
    found = counted(draft, {("rule", ""): "triumvirate, senate"}, both)
    assert found[Side.FORCE, Action.MINT].number == 3


@pytest.mark.slow
def test_the_two_stage_system_is_counted_once_its_bodies_are_there(draft: Draft) -> None:
    """A proposer and two of three; to stop it two of three, or 17 of 32 reviewers; it is enacted after a day."""
    seats = bodies(proposers=20, triumvirate=3, reviewers=32)
    found = counted(draft, {("rule", ""): "proposers, triumvirate, reviewers"}, seats)
    force, stop = found[Side.FORCE, Action.CHANGE_RULES], found[Side.STOP, Action.CHANGE_RULES]
    assert (force.number, force.seconds, stop.number) == (3, 86_400, 2)
    all_paths, _ = paths(draft, {("rule", ""): "proposers, triumvirate, reviewers"}, seats)
    assert {path.needs[0].fewest().upper for path in all_paths if path.name == "the reviewers"} == {17}
    # Ready, and absent: no path of it where the runtime has no such bodies.
    absent, _ = paths(draft, ROOT, {})
    assert not {path.name for path in absent} & {
        "a proposer and the triumvirate",
        "the reviewers",
        "half of the senate",
    }


@pytest.mark.slow
def test_what_is_prepared_is_told_and_counts_nowhere(draft: Draft) -> None:
    said = ROOT | {("two_stage", ""): "rule ready, pallets absent"}
    found, _ = paths(draft, said, {})
    (prepared,) = [path for path in found if path.missing]
    assert prepared.how == "change the rules once it is on the chain, by a proposer and the triumvirate"
    assert prepared.missing.startswith("rule ready, pallets absent")
    one = counted(draft, said)[Side.FORCE, Action.CHANGE_RULES]
    assert (one.number, one.at_most, one.unknown) == (1, False, "")


@pytest.mark.slow
def test_a_pallet_that_nobody_knows_leaves_the_root_unknown(draft: Draft) -> None:
    found = counted(draft, {("rule", ""): "rule unknown", **UNPROVED})
    assert found[Side.FORCE, Action.MINT].unknown == "the chain's governance: rule unknown"
    assert found[Side.FORCE, Action.HALT].at_most


@pytest.mark.slow
def test_conviction_is_told_where_the_runtime_has_it_and_counts_nowhere(draft: Draft) -> None:
    found, _ = paths(draft, ROOT | {("takeover_per_cent", ""): "18"}, {})
    (conviction,) = [path for path in found if path.name == "conviction"]
    assert conviction.how == "take over one subnet by conviction"
    assert counted(draft, ROOT | {("takeover_per_cent", ""): "18"})[Side.FORCE, Action.SEIZE].unknown == ""
    assert not [path for path in paths(draft, ROOT, {})[0] if path.name == "conviction"]
