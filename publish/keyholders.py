"""Who is behind the holder of a key: a key, the signers of a multisig, or whoever owns the contract that holds it."""

from collections.abc import Iterator
from typing import Final

from analytics.power.paths import Path, Quorum, Side
from publish.look import Look

# A proxy's admin has an owner, which is a multisig: longer chains of owners are not followed.
OWNERS: Final = 4
# What chains say of a holder of a key: whether it is a contract, and how many of its signers must act together. Who
# they are is in the populations `<holder>/signers` and `<holder>/owner`.
ACCOUNT, SIGNATURES = "account", "threshold"


def by_key(look: Look) -> Iterator[Path]:
    """Each holder of a key, with what is behind it."""
    way = look.way
    for holder in look.holders(way["measure"], way["population"]):
        found = behind(look, way["measure"], holder)
        if isinstance(found, str):
            yield look.unknown(way["name"], found)
        else:
            what, quorum = found
            known = sum(quorum.votes.values())
            if way["side"] == Side.STOP:
                quorum = Quorum(quorum.votes, known - quorum.need + 1)
            yield look.path(f"{way['name']}, {what}", quorum)


def behind(look: Look, measure: str, holder: str, owners: int = OWNERS) -> tuple[str, Quorum] | str:
    """What a holder of a key is, and which parties must act together for it; or why nobody can say."""
    signers, needed = look.votes(measure, f"{holder}/signers"), int(look.said(SIGNATURES, holder) or 0)
    if 0 < needed <= sum(signers.values()):
        return f"a multisig {needed} of {sum(signers.values())}", Quorum(signers, needed)
    account = look.said(ACCOUNT, holder)
    if account is None:
        return f"what {holder} is has not been read"
    if account != "contract":
        return "one key", Quorum({look.party(measure, holder): 1}, 1)
    owner = list(look.holders(measure, f"{holder}/owner"))
    if len(owner) == 1 and owners:
        return behind(look, measure, owner[0], owners - 1)
    return f"{holder} is a contract whose keys are not known"
