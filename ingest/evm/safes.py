"""Whether a contract is a Safe (a multisig k of n): its code and its storage say so, not its answers.

Whatever answers like a Safe may obey one key. What proves it is the code that runs, by its hash: the proxy's own, that
of the singleton in its first slot, to which it hands every call, and that of its fallback handler, to which the Safe
itself makes every call that it does not know. Code is compared, not addresses: the same code does the same wherever it
stands, and on every chain. And nothing may lie in its storage but what it tells: whoever sets a Safe up can write there
modules, owners and approvals of which its lists say nothing. The root of the storage is computed from what it tells,
and compared with the node's (eth_getProof).

Hashes (keccak-256 of the code that runs): singletons and handlers as in @safe-global/safe-deployments 1.37.56
(codeHash, EVM chains). Proxies are what the factories make whose own hashes stand there: from the artifacts of
@gnosis.pm/safe-contracts 1.1.1 and 1.3.0, @safe-global/safe-contracts 1.4.1, @safe-global/safe-smart-account 1.5.0;
Safes 1.2.0 are made by the factory 1.1.1. The artifacts of 1.0.0 are not what was deployed: it stays unproved.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from eth_utils.crypto import keccak

from ingest.allowance import Exhausted
from ingest.evm.node import EvmNode
from ingest.evm.storage import root
from store.faults import SourceDown

PROXIES: Final[Mapping[str, str]] = {
    "0xaea7d4252f6245f301e540cfbee27d3a88de543af8e49c5c62405d5499fab7e5": "1.1.1",
    "0xb89c1b3bdf2cf8827818646bce9a8f6e372885f8c55e5c07acbd307cb133b000": "1.3.0",
    "0xd7d408ebcd99b2b70be43e20253d6d92a8ea8fab29bd3be7f55b10032331fb4c": "1.4.1",
    "0x4e381985ca68b3e5d27b4425fa581c19cf33146d3f887a3cfca96f55528ea46f": "1.5.0",
}
SINGLETONS: Final[Mapping[str, str]] = {
    "0x56b8be58b5ad629a621593a2e5e5e8e9a28408dc06e95597497b303902772e45": "Safe 1.1.1",
    "0x2ae2d1231f0d754a7fa4f5e5d0e5554085e1b500d8e09f95aaaaa3f49c0db922": "Safe 1.2.0",
    "0xbba688fbdb21ad2bb58bc320638b43d94e7d100f6f3ebaab0a4e4de6304b1c2e": "Safe 1.3.0",
    "0x21842597390c4c6e3c1239e434a682b054bd9548eee5e9b1d6a4482731023c0f": "SafeL2 1.3.0",
    "0x1fe2df852ba3299d6534ef416eefa406e56ced995bca886ab7a553e6d0c5e1c4": "Safe 1.4.1",
    "0xb1f926978a0f44a2c0ec8fe822418ae969bd8c3f18d61e5103100339894f81ff": "SafeL2 1.4.1",
    "0xdda019cbd7c867a533a2a86e5c53434fdc50b13122b5a5ddb4a8df61b31c20f2": "Safe 1.5.0",
    "0x180193227186ccb85316c94db1f0d156ed932b14712cfaac78901899178572dc": "SafeL2 1.5.0",
}
# Of which none calls another contract for whoever asks it to, or takes a signature that the owners did not give.
HANDLERS: Final[Mapping[str, str]] = {
    "0x919a9f5dd111a01f7a8e4b1f5c6a972bb2d1441c67bdec71de6a09d0be92f5b9": "DefaultCallbackHandler 1.1.1",
    "0x03e69f7ce809e81687c69b19a7d7cca45b6d551ffdec73d9bb87178476de1abf": "CompatibilityFallbackHandler 1.3.0",
    "0x7c6007a5d711cea8dfd5d91f5940ec29c7f200fe511eb1fc1397b367af3c42f9": "CompatibilityFallbackHandler 1.4.1",
    "0x3c6a85bcf7b563daa624b884b4e9a1b9fa5371edde7be945d998071a48f28bbc": "CompatibilityFallbackHandler 1.5.0",
}
# Its storage (SafeStorage.sol): the singleton, circles of modules and of owners, how many owners there are and how many
# must sign, a nonce, an old domain separator. Messages signed and hashes approved follow, and are not told.
SINGLETON_SLOT, MODULES, OWNERS, TOLD_SLOTS = 0, 1, 2, (3, 4, 5, 6)
# keccak256 of "fallback_manager.handler.address", "guard_manager.guard.address", "module_manager.module_guard.address".
HANDLER_SLOT: Final = 0x6C9A6C4A39284E37ED1CF53D337577D14212A4870FB976A4366C693B939918D5
GUARD_SLOT: Final = 0x4A204F620C8C5CCDCA3FD54D003BADD85BA500436A431F0CBDA4F558C93C34C8
MODULE_GUARD_SLOT: Final = 0xB104E0B93118902C651344349B610029D694CFDEC91C589C91EBAFBCD0289947
# Where a circle begins and ends.
SENTINEL: Final = 1


def proved(node: EvmNode, address: str, owners: Sequence[str], modules: Sequence[str]) -> str:
    """The name and version of the Safe with these owners and modules that a contract is; empty where not proved."""
    if _hash(node.code(address)) not in PROXIES:
        return ""
    handler = node.slot(address, HANDLER_SLOT)
    if handler and _hash(node.code(addressed(handler))) not in HANDLERS:
        return ""
    known = SINGLETONS.get(_hash(node.code(addressed(node.slot(address, SINGLETON_SLOT)))), "")
    return known if known and _tells_all(node, address, owners, modules) else ""


def addressed(word: int) -> str:
    """The address in a word of storage; what stands before it there is of another variable."""
    return f"0x{word % 2**160:040x}"


def _tells_all(node: EvmNode, safe: str, owners: Sequence[str], modules: Sequence[str]) -> bool:
    """Whether nothing else is stored; where no node proves what is stored, that is not proved."""
    slots = (SINGLETON_SLOT, *TOLD_SLOTS, HANDLER_SLOT, GUARD_SLOT, MODULE_GUARD_SLOT)
    words = dict(zip(slots, node.slots(safe, slots), strict=True))
    words |= _circle(MODULES, modules) | _circle(OWNERS, owners)
    try:
        return node.storage(safe) == root(words)
    except Exhausted:
        raise
    except SourceDown:
        return False


def _circle(mapping: int, members: Sequence[str]) -> dict[int, int]:
    """The words of a circle of addresses by their slots: each names the next."""
    around = [SENTINEL, *(int(one, 16) for one in members), SENTINEL]
    return {
        int.from_bytes(keccak(one.to_bytes(32) + mapping.to_bytes(32))): following
        for one, following in pairwise(around)
    }


def _hash(code: bytes) -> str:
    return f"0x{keccak(code).hex()}"
