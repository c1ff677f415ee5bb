"""Who can change Bittensor's rules or stop it: the sudo key, block authorities, GRANDPA, subnet owners, root switches.

Which rule holds is chosen by the pallets of the runtime that is read: until about spec 329 a triumvirate and a senate
beside the sudo key, then that key alone, and a two-stage system that is ready and not on the chain (pull request 2804).
A pallet of government that is not known here means "rule unknown", never a number.
"""

from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from ingest.bittensor.subnets import PALLET, ROOT, spelled, subnets
from ingest.substrate.node import Substrate
from ingest.substrate.scale import compact
from store.addresses import unss58
from store.rows import Facts, Kind, frame, holdings, observation

# The published signers of the sudo key; RaoFoundation/subtensor: .github/scripts/deploy/sudo-signatories.json, 2026-08.
SIGNERS: Final = (
    "5E7RCRrPVS8TckCDjr92B5ciGziwz2kfvxe4URy3L7AgirGJ",
    "5FevFjov8435t5XC2MUSRpFYxtthE8pZy1toHpgAAia3ZphG",
    "5GRCukV2rZmSVfJhAXoLjcrU1pMVCf2Ra1ydbiCFZdaQXDXo",
)
THRESHOLD: Final = 2
GRANDPA: Final = "GrandpaApi_grandpa_authorities"

# Pallets with a part in deciding, of the runtimes read so far (spec 101 to 443) and of pull request 2804, which was not
# on the chain in mid-2026; others of these kinds are unknown.
UNKNOWN: Final = "rule unknown"
NOBODY: Final = "nobody"
COUNCIL: Final = ("Triumvirate", "TriumvirateMembers", "SenateMembers")
STAGES: Final = ("MultiCollective", "SignedVoting", "Referenda")
HARMLESS: Final = ("RandomnessCollectiveFlip",)
# Who together decide a change of the rules, by the pallets that are there, all of them.
DECIDE: Final = {COUNCIL: ("triumvirate", "senate"), STAGES: ("proposers", "triumvirate", "reviewers")}
# Bodies of the two-stage system, by the names of their collectives; others have no vote. A reviewer with two seats is
# counted once, as there.
BODIES: Final = {
    "Proposers": "proposers",
    "Triumvirate": "triumvirate",
    "Economic": "reviewers",
    "Building": "reviewers",
}
GOVERNING: Final = ("Collective", "Referenda", "SignedVoting", "ConvictionVoting", "Council", "Democracy", "Governance")


@dataclass(frozen=True, slots=True)
class Sudo:
    """The account that can change everything, and who is proved to sign for it; none where nothing is proved."""

    key: bytes | None
    signers: tuple[bytes, ...]
    threshold: int


def multisig(signers: tuple[bytes, ...], threshold: int) -> bytes:
    """The account of a multisig, as the chain derives it from its signers and threshold."""
    body = b"modlpy/utilisuba" + compact(len(signers)) + b"".join(sorted(signers)) + threshold.to_bytes(2, "little")
    return blake2b(body, digest_size=32).digest()


def sudo(node: Substrate) -> Sudo:
    """The sudo key; its signers only where the published ones derive exactly this account."""
    key: bytes | None = node.value("Sudo", "Key") if "Sudo" in node.metadata.pallets else None
    published = tuple(unss58(text) for text in SIGNERS)
    if key is not None and multisig(published, THRESHOLD) == key:
        return Sudo(key, published, THRESHOLD)
    return Sudo(key, (), 0)


def rule(pallets: tuple[str, ...], *, keyed: bool) -> str:
    """Who can change the rules of a runtime with these pallets, as far as that is known; keyed: there is a sudo key."""
    present = [each for each in DECIDE if set(each) <= set(pallets)]
    known = {*HARMLESS, *(pallet for each in present for pallet in each)}
    parts = {pallet for each in DECIDE for pallet in each}
    odd = [one for one in pallets if one not in known and (one in parts or any(word in one for word in GOVERNING))]
    if odd or len(present) > 1 or ("Sudo" not in pallets and not present):
        return UNKNOWN
    who = [*(["sudo"] if keyed else []), *(body for each in present for body in DECIDE[each])]
    return ", ".join(who) or NOBODY


def control_keys(node: Substrate) -> Facts:
    """Keys that can change the rules or make blocks: signers of the sudo key, block authorities, councils.

    The signers are proved: the published ones and their threshold derive the very account that the chain has as its
    sudo key; where they do not, no signers are listed. Authorities (Aura) are permissioned. Keys, not people.
    """
    rows = [("sudo", spelled(signer), 1) for signer in sudo(node).signers]
    rows += [("authorities", spelled(key), 1) for key in node.value("Aura", "Authorities")]
    for population, pallet in (("triumvirate", "TriumvirateMembers"), ("senate", "SenateMembers")):
        if node.has(pallet, "Members"):
            rows += [(population, spelled(member), 1) for member in node.value(pallet, "Members")]
    return Facts(holdings([*rows, *_seats(node)]))


def _seats(node: Substrate) -> list[tuple[str, str, int]]:
    """The bodies of the two-stage system; none where the runtime has no such pallet."""
    if not node.has(STAGES[0], "Members"):
        return []
    names = node.metadata.types[node.metadata.item(STAGES[0], "Members").keys[0]].variants
    bodies = [(BODIES[case.name], case.index) for case in names if case.name in BODIES]
    members = node.values(STAGES[0], "Members", [(index,) for _, index in bodies])
    found = [(body, spelled(key), 1) for (body, _), keys in zip(bodies, members, strict=True) for key in keys]
    return list(dict.fromkeys(found))


def grandpa(node: Substrate) -> Facts:
    """Votes of the keys that make blocks final (GRANDPA), from the runtime; a third of them can stop finality."""
    found = node.call(GRANDPA) if node.answers(GRANDPA) else node.value("Grandpa", "Authorities")
    return Facts(holdings([("grandpa", spelled(key), weight) for key, weight in found]))


def subnet_owners(node: Substrate) -> Facts:
    """How many subnets each coldkey owns: it sets their parameters and gets the owner's cut."""
    owners = (subnet.columns["SubnetOwner"] for subnet in subnets(node) if subnet.netuid != ROOT)
    owned = Counter(spelled(owner) for owner in owners if owner)
    return Facts(holdings([("subnet_owners", owner, count) for owner, count in owned.items()]), empty=not owned)


def control(node: Substrate) -> Facts:
    """Facts of control: the sudo key and whether its signers are proved, the rule, and what the root has switched off.

    Only the root can switch a subnet's emission off (AdminUtils.sudo_set_subnet_emission_enabled). `verified` says that
    the published signers derive the sudo key; otherwise it is `unverified` and how many keys decide is not known.
    """
    found, time = sudo(node), node.block.time
    told = {
        "rule": rule(node.metadata.pallets, keyed=found.key is not None),
        "sudo_key": spelled(found.key) if found.key else "none",
        "sudo_signers": "verified" if found.signers else "unverified",
    }
    if found.signers:
        told["sudo_threshold"] = f"{found.threshold}"
    if not set(STAGES) & set(node.metadata.pallets):
        told["two_stage"] = "rule ready, pallets absent"
    rows = [observation(name, time, text, "") for name, text in told.items()]
    if node.has("SafeMode", "EnteredUntil"):
        until = node.value("SafeMode", "EnteredUntil")
        rows.append(observation("safe_mode", time, "off" if until is None else f"until block {until}", ""))
    if node.has(PALLET, "SubnetEmissionEnabled"):
        off = [
            subnet for subnet in subnets(node) if subnet.netuid != ROOT and not subnet.get("SubnetEmissionEnabled", 1)
        ]
        rows.append(observation("subnets_switched_off", time, len(off), "subnets"))
        rows += [observation("emission_switch", time, "off", "", subject=subnet.label) for subnet in off]
    return Facts(frame(Kind.OBSERVATIONS, rows))


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
control_keys:
  sudo | <address> | | proved signers of the sudo key, one each
  authorities | <address> | | keys that make blocks, one each
  triumvirate | <address> | | members of the triumvirate, one each
  senate | <address> | | members of the old senate, one each
  proposers | <address> | | who may propose in the two-stage system, one each
  reviewers | <address> | | who may cancel in the two-stage system, one each
grandpa:
  grandpa | <address> | | keys that make blocks final, with their votes
subnet_owners:
  subnet_owners | <address> | | owners of subnets, with how many they own
control:
  rule | | | who can change the rules: sudo, the bodies of a council, nobody, or rule unknown
  sudo_key | | | account of the sudo key, or none
  sudo_signers | | | verified: the published signers derive the sudo key; else unverified
  two_stage | | | that the two-stage system is prepared and not on this runtime
  sudo_threshold | | [keys] | how many of the signers must sign
  safe_mode | | | off, or the block until which the chain stands still
  subnets_switched_off | | subnets | subnets whose emission the root has switched off
  emission_switch | <subnet> | | off: the root has switched its emission off
"""
