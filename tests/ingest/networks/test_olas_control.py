"""Who rules Olas, from a real timelock and a real Safe at their places; guard and governor are invented."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pytest
from web3 import Web3
from web3.contract import Contract

from ingest.evm.events import history
from ingest.evm.logs import AnswersLeft
from ingest.evm.node import EvmChain, EvmNode
from ingest.evm.roles import CHANGES, ROLES
from ingest.evm.safes import GUARD_SLOT
from ingest.networks.olas import CONTRACTS, GOVERNORS, GUARD, LIMITS, MULTISIG, NETWORK, OLAS, PERMITTED, TIMELOCK
from ingest.olas.guard import guard
from ingest.transport import Http
from store.rows import Facts
from tests.worlds.evm_node import Anvil, Shelf, at_their_places, compiled

pytestmark = pytest.mark.slow
GOVERNOR, DEPLOYER = GOVERNORS[0].address, 9
READINGS = {one.name: one for one in NETWORK.readings}
checked = Web3.to_checksum_address
# The chain of a test begins with its contracts.
HERE = replace(LIMITS, governor=replace(LIMITS.governor, since=0))


@dataclass(frozen=True)
class Ethereum:
    node: Anvil
    contracts: Mapping[str, Contract]

    def pinned(self) -> EvmNode:
        self.node.finalize()
        return EvmChain("eip155:1", (self.node.url,), pauses=()).head(Http(per_second=10_000), (self.node.url,))

    def of(self, name: str, account: int) -> str:
        return self.node.accounts[account].lower()


def deployed(node: Anvil) -> Mapping[str, Contract]:
    """A timelock without delay, a Safe 2 of 3, and all that they own; three contracts are one key's."""
    made, me = compiled()["TimelockController"], node.accounts[0]
    timelock = node.deploy(made["abi"], made["bytecode"], 0, [], [], me)
    others = (OLAS, TIMELOCK, MULTISIG, GUARD, CONTRACTS["treasury"])
    owned = {name: place for name, place in CONTRACTS.items() if place not in others}
    key, by_key = node.accounts[DEPLOYER], ("service_manager", "identity_bridger", "liquidity_manager")
    return {
        TIMELOCK: timelock,
        MULTISIG: node.safe(node.accounts[4:7], 2),
        GUARD: node.compiled("Limits", checked(TIMELOCK), checked(MULTISIG), checked(GOVERNOR)),
        GOVERNOR: node.compiled("Judged"),
        OLAS: node.compiled("Minted", checked(TIMELOCK), checked(CONTRACTS["treasury"])),
        CONTRACTS["treasury"]: node.compiled("Minted", checked(TIMELOCK), checked(TIMELOCK)),
        **{
            place: node.compiled("Owned", key if name in by_key else checked(TIMELOCK)) for name, place in owned.items()
        },
    }


@pytest.fixture(scope="module")
def ethereum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ethereum]:
    with at_their_places(tmp_path_factory.mktemp("olas"), deployed) as (node, contracts):
        for one, following in ((1, int(TIMELOCK, 16)), (int(TIMELOCK, 16), 1)):
            slot = Web3.solidity_keccak(["uint256", "uint256"], [one, 1]).to_0x_hex()
            node.ask("anvil_setStorageAt", checked(MULTISIG), slot, f"0x{following:064x}")
        node.ask("anvil_setStorageAt", checked(MULTISIG), hex(GUARD_SLOT), f"0x{int(GUARD, 16):064x}")
        ruled(node, contracts[TIMELOCK])
        yield Ethereum(node, contracts)


def ruled(node: Anvil, timelock: Contract) -> None:
    """The multisig was the proposer of the timelock; the governor is all by now."""
    parts = ("proposer", "canceller", "executor")
    for role in parts:
        node.send(timelock.functions.grantRole(ROLES[role], checked(MULTISIG)))
    for role in (*parts, "admin"):
        node.send(timelock.functions.grantRole(ROLES[role], checked(GOVERNOR)))
    for role in parts:
        node.send(timelock.functions.revokeRole(ROLES[role], checked(MULTISIG)))
    node.send(timelock.functions.renounceRole(ROLES["admin"], node.accounts[0]))


def keys(ethereum: Ethereum) -> Facts:
    return READINGS["control"].facts(ethereum.pinned(), Shelf(), list)


def held(facts: Facts) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for population, holder in facts.rows.select("population", "holder").iter_rows():
        found.setdefault(population, set()).add(holder)
    return found


def test_a_role_that_was_revoked_in_the_block_of_its_grant_is_nobodys(ethereum: Ethereum) -> None:
    node, timelock = ethereum.node, ethereum.contracts[TIMELOCK]
    node.ask("anvil_impersonateAccount", checked(GOVERNOR))
    node.ask("anvil_setBalance", checked(GOVERNOR), hex(10**20))
    node.ask("evm_setAutomine", False)
    sent = [
        change(ROLES["proposer"], node.accounts[8]).transact({"from": checked(GOVERNOR), "gas": 200_000})
        for change in (timelock.functions.grantRole, timelock.functions.revokeRole)
    ]
    node.mine(1)
    node.ask("evm_setAutomine", True)
    blocks = {node.w3.eth.get_transaction_receipt(one)["blockNumber"] for one in sent}
    told = history(ethereum.pinned(), Shelf(), TIMELOCK, CHANGES, 0, AnswersLeft.all())
    assert len(blocks) == 1
    assert len([one for one in told.events if one.block in blocks]) == 2
    assert held(keys(ethereum))["timelock/proposer"] == {GOVERNOR}


def test_the_keys_of_a_single_owner_the_multisig_and_whoever_mints_are_found(ethereum: Ethereum) -> None:
    """The multisig was a proposer and is none; the timelock is its module."""
    found = held(keys(ethereum))
    deployer = ethereum.of("deployer", DEPLOYER)
    assert found["timelock/admin"] == {GOVERNOR}
    assert {found[f"timelock/{role}"].pop() for role in ("proposer", "executor", "canceller")} == {GOVERNOR}
    assert found["multisig/module"] == {TIMELOCK}
    assert found["multisig/signers"] == {ethereum.of("signer", place) for place in (4, 5, 6)}
    assert found["token/minter"] == {CONTRACTS["treasury"]}
    for name in ("service_manager", "identity_bridger", "liquidity_manager"):
        assert found[f"{name}/owner"] == {deployer}
    assert found["registry/owner"] == {TIMELOCK}


def test_what_stands_behind_them_names_the_guard_and_no_pause_that_is_none(ethereum: Ethereum) -> None:
    rows = READINGS["control_state"].facts(ethereum.pinned(), Shelf(), lambda: [keys(ethereum).rows]).rows
    said = {(name, subject): exact for name, subject, exact in rows.select("name", "subject", "exact").iter_rows()}
    assert said["guard", MULTISIG] == GUARD
    assert (said["threshold", MULTISIG], said["contract", MULTISIG]) == ("2", "multisig")
    # A Safe with a module is a Safe still, and proved: what the module does alone is counted beside its signers.
    assert said["proved", MULTISIG] == "Safe 1.4.1"
    assert ("paused", CONTRACTS["treasury"]) not in said
    assert ("paused", GUARD) not in said
    assert said["delay", TIMELOCK] == "0"


def told(ethereum: Ethereum) -> dict[tuple[str, str], str]:
    facts = guard(HERE)(ethereum.pinned(), Shelf())
    NETWORK.check(READINGS["guard"], facts)
    return {
        (name, subject): exact for name, subject, exact in facts.rows.select("name", "subject", "exact").iter_rows()
    }


def test_what_the_guard_permits_is_told_where_every_change_of_its_list_is_known(ethereum: Ethereum) -> None:
    node, contract, judged = ethereum.node, ethereum.contracts[GUARD], ethereum.contracts[GOVERNOR]
    pause, *_ = PERMITTED
    assert (told(ethereum)["permits", GUARD], told(ethereum)["in_force", GUARD]) == ("nothing", "true")
    rows = ((checked(one.target), one.selector, one.chain, True) for one in PERMITTED)
    lists = [list(column) for column in zip(*rows, strict=True)]
    node.send(contract.functions.setTargetSelectorChainIds(*lists))
    found = told(ethereum)
    assert found["permits", GUARD] == "halt"
    assert {name: said for (kind, name), said in found.items() if kind == "may_schedule"} == {
        one.name: "true" for one in PERMITTED
    }
    assert (found["may_be_lifted", GUARD], found["multisig_threshold", ""]) == ("false", "2")
    # Voters who let the proposal to check on them fail have the multisig lift its guard: then it permits anything.
    for state, lifted in ((2, "false"), (4, "true"), (5, "false")):
        node.send(judged.functions.say(state))
        assert told(ethereum)["may_be_lifted", GUARD] == lifted
        assert told(ethereum)["permits", GUARD] == ("anything" if lifted == "true" else "halt")
    # The same list without the first: nothing is known of another that nobody published.
    node.send(contract.functions.setTargetSelectorChainIds(*([column[0]] for column in lists[:3]), [False]))
    found = told(ethereum)
    assert ("permits", GUARD) not in found
    assert found["may_schedule", pause.name] == "false"
    node.send(contract.functions.lift())
    assert (told(ethereum)["permits", GUARD], told(ethereum)["in_force", GUARD]) == ("anything", "false")
