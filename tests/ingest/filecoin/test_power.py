"""Power, storage, pledge and keys of Filecoin at invented nodes: what is missing is told, what is wrong is refused."""

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from ingest.filecoin import control
from ingest.filecoin.power import PROVED, pledge, power, storage
from ingest.networks.filecoin import NETWORK
from store.faults import BadData, SourceChanged, SourceDown
from store.rows import Facts, holdings
from tests.worlds.filecoin_at import HUGE, STATE, Lying, changed, node_at
from tests.worlds.filecoin_node import TIB, Miner, State

READINGS = {reading.name: reading for reading in NETWORK.readings}


def amounts(facts: Facts, population: str) -> dict[str, int]:
    rows = facts.rows.filter(population=population)
    return {holder: int(amount) for holder, amount in rows.select("holder", "amount").iter_rows()}


def accepted(name: str, facts: Facts) -> Facts:
    NETWORK.check(READINGS[name], facts)
    return facts


def known(state: State, *but: str) -> list[pl.DataFrame]:
    """What an earlier reading of power landed: all miners, but some."""
    return [holdings(("miners", name, one.qa) for name, one in state.miners.items() if name not in but)]


def coverage(facts: Facts) -> tuple[int, int]:
    return sum(amounts(facts, "miners").values()), facts.reported["miners"]


def test_the_first_reading_finds_all_power_by_walking_the_whole_map() -> None:
    server = Lying(STATE)
    facts = accepted("power", power(node_at(server), []))
    assert amounts(facts, "miners") == {name: one.qa for name, one in STATE.miners.items() if one.counts}
    # Miners 0, 3 and 6 of 15, 18 and 21 TiB are one owner's, and so on.
    assert amounts(facts, "owners") == {"f02000": 54 * TIB, "f02001": 57 * TIB, "f02002": 37 * TIB}
    assert coverage(facts) == (148 * TIB, 148 * TIB)
    assert "ChainReadObj" in server.asked


def test_a_later_reading_asks_for_those_of_the_last_one_and_is_whole_by_the_sum() -> None:
    facts = accepted("power", power(node_at(server := Lying(STATE)), known(STATE)))
    assert coverage(facts) == (148 * TIB, 148 * TIB)
    # The state of power, then the map where it leads to the largest.
    assert server.asked.count("ChainReadObj") <= 4


# A miner with hardly a hundredth of all power.
SMALL = Miner("f02009", 10 * TIB, TIB)


def test_a_miner_that_nobody_knew_is_coverage_and_is_told_never_guessed() -> None:
    state = replace(STATE, miners={**STATE.miners, "f09999": SMALL})
    facts = accepted("power", power(node_at(Lying(state)), known(STATE)))
    assert coverage(facts) == (148 * TIB, 149 * TIB)
    assert "f09999" not in amounts(facts, "miners")


def test_a_miner_that_won_a_block_is_asked_for() -> None:
    state = replace(STATE, miners={**STATE.miners, "f09999": SMALL})
    node = node_at(Lying(state))
    node.winners.add("f09999")
    assert coverage(accepted("power", power(node, known(STATE)))) == (149 * TIB, 149 * TIB)


def test_where_more_than_a_hundredth_is_missing_the_whole_map_is_walked_again() -> None:
    state = replace(STATE, miners={**STATE.miners, "f09999": HUGE})
    assert coverage(accepted("power", power(node_at(Lying(state)), known(STATE)))) == (548 * TIB, 548 * TIB)


def test_a_miner_below_the_minimum_has_disk_and_no_power() -> None:
    node = node_at(Lying(STATE))
    assert "f01008" not in amounts(power(node, []), "miners")
    facts = accepted("storage", storage(node, []))
    assert amounts(facts, "miners")["f01008"] == TIB
    assert amounts(facts, "owners")["f02003"] == TIB
    assert coverage(facts) == (117 * TIB, 117 * TIB)


def test_a_miner_that_was_too_small_is_asked_for_again_because_it_has_disk() -> None:
    grown = replace(STATE, miners={**STATE.miners, "f01008": Miner("f02003", 10 * TIB, TIB)})
    node = node_at(Lying(grown))
    earlier = [holdings(("miners", name, one.raw) for name, one in STATE.miners.items())]
    storage(node, earlier)
    # The last reading of power did not have it.
    assert amounts(power(node, known(STATE, "f01008")), "miners")["f01008"] == TIB


def test_a_candidate_without_power_is_no_holder() -> None:
    earlier = [holdings([("miners", "f07777", 5), *[("miners", name, one.qa) for name, one in STATE.miners.items()]])]
    assert "f07777" not in amounts(power(node_at(Lying(STATE)), earlier), "miners")


def test_a_sum_that_is_more_than_the_chains_total_is_refused() -> None:
    facts = power(node_at(Lying(STATE)), [])
    with pytest.raises(BadData, match="miners"):
        accepted("power", replace(facts, reported={"miners": 147 * TIB}))


def shifted(told: Any) -> Any:
    """Four TiB more for one miner, four less for another: the sum is the same."""
    by = {str(22 * TIB): 26 * TIB, str(21 * TIB): 17 * TIB}
    mine = told["MinerPower"]
    return {
        **told,
        "MinerPower": {**mine, "QualityAdjPower": str(by.get(mine["QualityAdjPower"], mine["QualityAdjPower"]))},
    }


def test_power_that_is_shifted_between_miners_is_found_out_by_the_map_of_claims() -> None:
    liar = Lying(STATE, changed("StateMinerPower", shifted))
    with pytest.raises(BadData, match=r"f0100[67] was told to have"):
        power(node_at(liar), known(STATE))
    assert len(STATE.miners) <= PROVED


def test_a_total_of_another_state_is_refused() -> None:
    def other(told: Any) -> Any:
        return {**told, "TotalPower": {**told["TotalPower"], "QualityAdjPower": "1"}}

    with pytest.raises(SourceDown, match="the power of all is told as"):
        power(node_at(Lying(STATE, changed("StateMinerPower", other))), known(STATE))


@pytest.mark.parametrize("wrong", [None, "-5", "1e3", "", "١٢", 0.5])
def test_power_that_is_no_number_is_refused(wrong: Any) -> None:
    def odd(told: Any) -> Any:
        return {**told, "MinerPower": {**told["MinerPower"], "RawBytePower": wrong}}

    with pytest.raises(SourceDown, match="RawBytePower"):
        power(node_at(Lying(STATE, changed("StateMinerPower", odd))), known(STATE))


@pytest.mark.parametrize("owner", [None, "", "f1abjxfbp274xpdqcpuaykwkfb43omjotacm2p3za", "f02", "f0-1", "0x12"])
def test_an_owner_that_is_no_actors_number_is_refused(owner: Any) -> None:
    liar = Lying(STATE, changed("StateMinerInfo", lambda told: {**told, "Owner": owner}))
    if owner == "f02":
        assert set(amounts(power(node_at(liar), known(STATE)), "owners")) == {"f02"}
        return
    with pytest.raises(SourceDown, match="Owner"):
        power(node_at(liar), known(STATE))


def test_amounts_beyond_64_bits_are_exact() -> None:
    large = {"f01000": Miner("f02000", 2 * 10**18, 29 * 10**18 + 1, 175 * 10**24 + 1, 3)}
    node = node_at(Lying(replace(STATE, miners=large, blocks=1)))
    facts = accepted("power", power(node, []))
    assert amounts(facts, "owners") == {"f02000": 29 * 10**18 + 1}
    assert amounts(accepted("pledge", pledge(node, [facts.rows])), "owners") == {"f02000": 175 * 10**24 + 4}


def test_pledge_is_initial_pledge_with_locked_rewards_of_miners_with_power() -> None:
    node = node_at(Lying(STATE))
    facts = accepted("pledge", pledge(node, [power(node, []).rows]))
    assert amounts(facts, "owners") == {"f02000": 18 * 10**18, "f02001": 18 * 10**18, "f02002": 12 * 10**18}
    # What the miner below the minimum pledged is not covered.
    assert coverage(facts) == (48 * 10**18, 54 * 10**18)


@pytest.mark.parametrize(
    ("method", "change"),
    [
        ("StateReadState", lambda told: {**told, "State": {**told["State"], "LockedFunds": "7"}}),
        ("StateMinerInfo", lambda told: {**told, "Owner": "f02002"}),
    ],
)
def test_pledge_or_an_owner_that_the_state_does_not_have_is_refused(method: str, change: Any) -> None:
    rows = power(node_at(Lying(STATE)), []).rows
    with pytest.raises(BadData, match="was told to be"):
        pledge(node_at(Lying(STATE, changed(method, change))), [rows])


# --- keys -------------------------------------------------------------------------------------------------------------


def test_the_root_keys_signers_and_threshold_are_proved_from_the_tipsets_hash() -> None:
    node = node_at(Lying(STATE))
    assert amounts(accepted("root_keys", control.root_keys(node)), "root_key") == dict.fromkeys(STATE.signers, 1)
    told = accepted("root_threshold", control.root_threshold(node)).rows
    assert dict(told.select("name", "exact").iter_rows()) == {"root_threshold": "2", "root_key": "f080"}


@pytest.mark.parametrize(
    "state",
    [
        replace(STATE, needed=0),
        replace(STATE, needed=4),
        replace(STATE, signers=("f0101", "f0101")),
        replace(STATE, signers=()),
    ],
)
def test_a_root_key_of_another_kind_is_refused(state: State) -> None:
    with pytest.raises(SourceChanged, match="is no multisig"):
        control.root_keys(node_at(Lying(state)))


def test_allocators_have_what_is_left_and_those_with_nothing_left_are_none() -> None:
    caps = {"f01500": 2**50, "f01501": 0, "f01502": 7}
    facts = accepted("allocators", control.allocators(node_at(Lying(replace(STATE, allocators=caps)))))
    assert amounts(facts, "allocators") == {"f01500": 2**50, "f01502": 7}
    none = control.allocators(node_at(Lying(replace(STATE, allocators={}))))
    assert accepted("allocators", none).rows.is_empty()


def test_owners_are_told_by_what_kind_of_actor_they_are() -> None:
    state = replace(STATE, evm=frozenset({"f02001"}))
    node = node_at(Lying(state))
    told = accepted("owner_kinds", control.owner_kinds(node, [power(node, []).rows])).rows
    assert dict(told.select("subject", "exact").iter_rows()) == {
        "f02000": "key",
        "f02001": "Ethereum key or contract",
        "f02002": "key",
    }


def test_programs_that_cannot_be_told_apart_are_refused() -> None:
    node = node_at(Lying(STATE))
    rows = power(node, []).rows
    same = Lying(STATE, changed("StateGetActor", lambda told: {**told, "Code": {"/": "x"}}))
    with pytest.raises(SourceDown, match="the same program"):
        control.owner_kinds(node_at(same), [rows])


def test_a_power_state_that_is_not_the_one_agreed_on_is_refused() -> None:
    node = node_at(Lying(STATE))
    other = replace(node, power=node.tipset.key[0])
    with pytest.raises(BadData, match="as the state of power"):
        other.actors("f04")
