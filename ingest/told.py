"""What an imported chain is: by its state file, by who imports it, and by what landed of it before. All must agree."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final

from ingest.cosmos.proposals import rows_of
from ingest.cosmos.readings import UNITS
from ingest.cosmos.stake import operator_of
from ingest.fields import moment, optional, part, text
from ingest.state_file import Mismatch
from store.addresses import NotAnAddress, unbech32
from store.described import IMPORTED, Described, NotDescribed, fault
from store.faults import BadData
from store.rows import AHEAD

Json = dict[str, Any]

# Follows the prefix of accounts in the addresses of operators.
OPERATOR: Final = "valoper"
# Each part of a description with what it is; the order in which they are asked for.
ASKED: Final[Mapping[str, str]] = {
    "chain_id": "the id of the chain, such as cosmoshub-4",
    "unit": "the base unit of its stake, such as uatom",
    "prefix": "how its addresses begin, such as cosmos",
    "token": "what its users call the token, such as ATOM",
    "decimals": "how many base units are a token: 6 where it is a million",
    "time": "of which time the state is, such as 2024-09-25T12:00:00Z",
}
PARTS: Final = tuple(one.name for one in fields(Described))


@dataclass(frozen=True, slots=True)
class Told:
    """What who imports a file says of the chain; None where the file or an earlier import says it."""

    title: str | None = None
    stack: str | None = None
    token: str | None = None
    decimals: int | None = None
    unit: str | None = None
    prefix: str | None = None
    chain_id: str | None = None
    height: int | None = None
    time: datetime | None = None


def described(
    document: Json, state: Json, name: str, told: Told, before: Described | None
) -> tuple[Described, datetime]:
    """What a chain is, and of when its state is. Raises Mismatch where two disagree, and where options are missing.

    All that are missing are named at once. before: what landed under the name.
    """
    own, unfit = _fit(dict(_of_file(document, state)))
    said = {part: value for part in PARTS if (value := getattr(told, part)) is not None}
    for why in _fit(said)[1].values():
        raise Mismatch(f"you say: {why}")
    landed = {part: getattr(before, part) for part in PARTS} if before else {}
    usual = {"title": name.removeprefix(IMPORTED).replace("-", " ").capitalize(), "stack": ""}
    words = {"its file says": own, "you say": said, f"what landed as {name} says": landed}
    agreed = {part: _agreed(part, words, usual.get(part)) for part in PARTS}
    agreed["time"] = told.time or _genesis_time(document, state)
    if missing := [part for part in ASKED if agreed[part] is None]:
        raise Mismatch(f"nobody says all that is needed; give {'; '.join(_asked(part, unfit) for part in missing)}")
    time: datetime = agreed.pop("time")
    return _whole(agreed), time


def _whole(agreed: Mapping[str, Any]) -> Described:
    if agreed["unit"] in UNITS:
        raise Mismatch(f"its stake is in {agreed['unit']!r}, which is counted as it is on every such chain")
    try:
        return Described(**agreed)
    except NotDescribed as error:
        raise Mismatch(str(error)) from error


def _asked(part: str, unfit: Mapping[str, str]) -> str:
    odd = f" (its file says: {unfit[part]})" if part in unfit else ""
    return f"--{part.replace('_', '-')}, {ASKED[part]}{odd}"


def _agreed(part: str, words: Mapping[str, Mapping[str, Any]], usual: str | None) -> Any:
    """What all who say something of a part say of it; what is usual where nobody does."""
    said = {who: told[part] for who, told in words.items() if part in told}
    if len(set(said.values())) > 1:
        disagreed = ", ".join(f"{who} {told!r}" for who, told in said.items())
        raise Mismatch(f"of its {part.replace('_', ' ')} {disagreed}")
    return next(iter(said.values()), usual)


def _fit(parts: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The parts that have their form, and why each of the others has not."""
    faults = {name: fault(name, value) for name, value in parts.items()}
    return {name: parts[name] for name, why in faults.items() if not why}, {n: why for n, why in faults.items() if why}


def _of_file(document: Json, state: Json) -> Iterator[tuple[str, Any]]:
    """What a state file itself says: always the base unit and the prefix, else what its software writes."""
    unit = text(state, "staking", "params", "bond_denom")
    yield "unit", unit
    yield "prefix", _prefix(state)
    if optional(document, "chain_id") not in (None, ""):
        yield "chain_id", text(document, "chain_id")
    yield from _coin(state, unit)


def _prefix(state: Json) -> str:
    found = {prefix_of(operator_of(row)) for row in rows_of(part(state, "staking"), "validators")}
    if len(found) != 1:
        raise BadData(f"its validators have the prefixes {', '.join(sorted(found)) or 'of nobody'}: one is needed")
    (prefix,) = found
    if not prefix.endswith(OPERATOR) or prefix == OPERATOR:
        raise BadData(f"its validators are {prefix}1..., and no {OPERATOR} of any chain")
    return prefix.removesuffix(OPERATOR)


def prefix_of(operator: str) -> str:
    """What stands before the 1 of an operator's address; raises BadData for what is no address."""
    try:
        return unbech32(operator)[0]
    except NotAnAddress as error:
        raise BadData(f"operator_address: {error}") from error


def _coin(state: Json, unit: str) -> Iterator[tuple[str, Any]]:
    """Symbol and decimals by the bank's metadata of a coin; a display that is the base unit says nothing."""
    bank = optional(state, "bank")
    known = [row for row in rows_of(bank, "denom_metadata") if text(row, "base") == unit] if bank else []
    if len(known) > 1:
        raise BadData(f"denom_metadata has {unit} {len(known)} times")
    for row in known:
        display = optional(row, "display")
        if symbol := optional(row, "symbol") or display:
            yield "token", symbol
        exponents = [optional(one, "exponent") for one in rows_of(row, "denom_units") if text(one, "denom") == display]
        if display != unit and exponents:
            yield "decimals", exponents[0] or f"0, as if {display} were {unit},"


def _genesis_time(document: Json, state: Json) -> datetime | None:
    """Of when the state of a genesis is by its own words; None where it is none.

    An export keeps the time of its chain's genesis, years before, and tells of later things or of a later block.
    """
    if str(optional(document, "initial_height") or 1) != "1" or not optional(document, "genesis_time"):
        return None
    time = moment(document, "genesis_time")
    return None if time is None or last_event(state)[0] > time else time


def refuse_time(state: Json, time: datetime, now: datetime) -> None:
    """Refuse a time that is in the future, and one before something of which the state tells."""
    if time > now + AHEAD:
        raise Mismatch(f"{time:%Y-%m-%d %H:%M} UTC is in the future: no chain was in any state then")
    last, what = last_event(state)
    if last > time:
        raise Mismatch(f"the state is not of {time:%Y-%m-%d %H:%M} UTC: it tells of {what} at {last:%Y-%m-%d %H:%M}")


def last_event(state: Json) -> tuple[datetime, str]:
    """The last that has happened by the words of a state, and what it was."""
    return max(_events(state), default=(datetime.min.replace(tzinfo=UTC), ""))


def _events(state: Json) -> Iterator[tuple[datetime, str]]:
    """What has happened by the words of the state: changed commissions, proposals, votes that began."""
    for row in rows_of(part(state, "staking"), "validators"):
        yield from _happened(optional(row, "commission"), "update_time", "a changed commission")
    gov = optional(state, "gov")
    for row in rows_of(gov, "proposals") if gov else []:
        yield from _happened(row, "submit_time", "a proposal")
        yield from _happened(row, "voting_start_time", "a vote that began")


def _happened(row: Any, name: str, what: str) -> Iterator[tuple[datetime, str]]:
    if isinstance(row, dict) and row.get(name) and (time := moment(row, name)):
        yield time, what
