"""What stands in a JSON answer, taken by its names: a text, a number, a time, a list, or a reason why it is none.

All raise SourceChanged naming the field that is missing, null or something else, or BadData where it cannot be true.
`text` may be empty, `word` may not;
`number` is one of JSON, `whole` and `fixed` are those that Cosmos chains write as text; `moment` may be absent.
"""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, Final

from analytics.decimals import ONE
from store.addresses import NotAnAddress, unbech32
from store.faults import BadData, SourceChanged, SourceDown

# Digits of ASCII, here and below: Python takes those of every script for numbers.
DURATION: Final = re.compile(r"([0-9]{1,12}(?:\.[0-9]+)?)s")
TIME: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?Z")


def part(body: Any, *names: str) -> Any:
    """What stands under nested names, be it null."""
    inner = body
    for name in names:
        if not isinstance(inner, Mapping) or name not in inner:
            raise SourceChanged(f"no {'.'.join(names)} in the answer: {str(body)[:200]}")
        inner = inner[name]
    return inner


def optional(body: Any, name: str) -> Any:
    """What stands under a name, or None where nothing does; raises SourceChanged where nothing has names."""
    if not isinstance(body, Mapping):
        raise SourceChanged(f"no {name} in the answer: {str(body)[:200]}")
    return body.get(name)


def own(rows: list[Any], of: str, *names: str) -> list[Any]:
    """Rows that must all be of one thing by their own words; raises SourceDown where another's came."""
    for row in rows:
        # The address of a validator may come in capitals.
        if str(part(row, *names)).lower() != of:
            raise SourceDown(f"asked for {'.'.join(names)} {of}, got {str(part(row, *names))[:80]}")
    return rows


def once(rows: list[Any], identity: Callable[[Any], str]) -> list[Any]:
    """Rows of which each is of something else; raises BadData where one thing is told twice."""
    seen = set[str]()
    for row in rows:
        name = identity(row)
        if name in seen:
            raise BadData(f"{name[:80]} is told twice")
        seen.add(name)
    return rows


def text(body: Any, *names: str) -> str:
    """A text, which may be empty."""
    value = part(body, *names)
    if not isinstance(value, str):
        raise _refused(names, value, "is no text")
    return value


def word(body: Any, *names: str) -> str:
    """A text that is not empty."""
    value = text(body, *names)
    if not value:
        raise _refused(names, value, "is no text")
    return value


def address(body: Any, *names: str) -> str:
    """An address as it is stored: chains take capitals too (BIP 173), which say the same, and some keep them."""
    return text(body, *names).lower()


def listed(body: Any, *names: str) -> list[Any]:
    """A list; without names the answer itself."""
    value = part(body, *names)
    if not isinstance(value, list):
        raise _refused(names, value, "is no list")
    return value


def table(body: Any, *names: str) -> Mapping[str, Any]:
    """An object whose keys are names; without names the answer itself."""
    value = part(body, *names)
    if not isinstance(value, Mapping):
        raise _refused(names, value, "is no object")
    return value


def some(body: Any, *names: str) -> Any:
    """A list or an object in which there is something."""
    value = part(body, *names)
    if not isinstance(value, list | Mapping) or not value:
        raise _refused(names, value, "is empty")
    return value


def flag(body: Any, *names: str) -> bool:
    """True or false."""
    value = part(body, *names)
    if not isinstance(value, bool):
        raise _refused(names, value, "is neither true nor false")
    return value


def number(body: Any, *names: str) -> int | float:
    """A finite number, as JSON writes it."""
    value = part(body, *names)
    try:
        if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
            return value
    # A whole number of four hundred digits.
    except OverflowError:
        pass
    raise _refused(names, value, "is no number")


def amount(body: Any, *names: str) -> int | float:
    """A finite number of what can be none, but not owed; raises BadData for another."""
    value = number(body, *names)
    if value < 0:
        raise BadData(f"{'.'.join(names)} is {value}")
    return value


def whole(body: Any, *names: str) -> int:
    """A whole number, which Cosmos chains write as text."""
    value = part(body, *names)
    if not re.fullmatch(r"-?[0-9]{1,99}", str(value)):
        raise _refused(names, value, "is no whole number")
    return int(value)


def not_negative(body: Any, *names: str) -> int:
    """A whole number of what can be none, but not owed; raises BadData for another."""
    value = whole(body, *names)
    if value < 0:
        raise BadData(f"{'.'.join(names)} is {value}")
    return value


def fixed(body: Any, *names: str) -> int:
    """A decimal number in 1e-18, exactly; one that JSON writes as a number with decimals may have lost some."""
    value = part(body, *names)
    # Of a split vote the chain keeps the weights as the voter wrote them: a plus and noughts before them say nothing.
    digits = re.sub(r"^(?:\+0*|0+)(?=[0-9.])", "0", str(value))
    if isinstance(value, float) or not re.fullmatch(r"-?[0-9]{1,99}(\.[0-9]{1,18})?", digits):
        raise _refused(names, value, "is no decimal number")
    units, _, decimals = digits.partition(".")
    sign = -1 if units.startswith("-") else 1
    return int(units) * ONE + sign * int(decimals.ljust(18, "0"))


def share(body: Any, *names: str) -> int:
    """A part of a whole in 1e-18, from none to all; raises BadData for another number."""
    value = fixed(body, *names)
    if not 0 <= value <= ONE:
        raise BadData(f"{'.'.join(names)} is {decimal(value)}")
    return value


def decimal(scaled: int) -> str:
    """A number in 1e-18 as the chain writes it."""
    return f"{scaled // ONE}.{scaled % ONE:018d}"


def raw(body: Any, *names: str) -> bytes:
    """Bytes that are written in base64."""
    value = text(body, *names)
    try:
        found = base64.b64decode(value, validate=True)
    except ValueError as error:
        raise _refused(names, value, "is no base64") from error
    # Of the last letter some bits may mean nothing: whoever sets them has another spelling of the same bytes.
    if base64.b64encode(found).decode() != value:
        raise _refused(names, value, "is no base64")
    return found


def key_of(body: Any, *names: str) -> bytes:
    """The bytes of a bech32 address."""
    value = text(body, *names)
    try:
        return unbech32(value)[1]
    except NotAnAddress as error:
        raise SourceChanged(f"{'.'.join(names)}: {error}") from error


def duration(body: Any, *names: str) -> timedelta:
    """A length of time, which Cosmos chains write in seconds."""
    value = text(body, *names)
    if seconds := DURATION.fullmatch(value):
        return timedelta(seconds=float(seconds[1]))
    raise _refused(names, value, "is no time in seconds")


def moment(body: Any, *names: str) -> datetime | None:
    """A time of a chain to the microsecond; None where the chain has none (null or the year one)."""
    value = part(body, *names)
    if value is None or str(value).startswith("0001-"):
        return None
    told = TIME.fullmatch(str(value))
    if not told:
        raise _refused(names, value, "is no time of the chain")
    # The chain counts nanoseconds; the ones below a microsecond are cut.
    try:
        return datetime.fromisoformat(f"{told[1]}.{(told[2] or '').ljust(6, '0')[:6]}+00:00")
    except ValueError as error:
        raise _refused(names, value, f"is no time: {error}") from error


def instant(body: Any, *names: str) -> datetime:
    """A time of a chain that must be there."""
    value = moment(body, *names)
    if value is None:
        raise SourceChanged(f"no {'.'.join(names)} in the answer: {str(body)[:200]}")
    return value


def day_or_time(body: Any, *names: str) -> datetime:
    """A time as web services write it: 2026-07-17 or 2026-07-17T20:07:00.000Z."""
    value = text(body, *names)
    try:
        time = datetime.fromisoformat(value)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    # A time zone can lead out of the years that there are.
    except (ValueError, OverflowError) as error:
        raise _refused(names, value, "is no time") from error


def _refused(names: tuple[str, ...], value: Any, why: str) -> SourceChanged:
    return SourceChanged(f"{'.'.join(names) or 'the answer'} {why}: {str(value)[:80]!r}")
