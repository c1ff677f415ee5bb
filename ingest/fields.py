"""Values as the REST interface of Cosmos chains writes them: numbers as text, decimals with eighteen places, times."""

import base64
import binascii
import re
from datetime import datetime, timedelta
from typing import Any, Final

from store.addresses import NotAnAddress, unbech32
from store.rows import SourceChanged, SourceDown

# Amounts with decimals have eighteen of them; they are read as whole numbers of this part of one.
ONE: Final = 10**18
DURATION: Final = re.compile(r"([0-9]{1,12}(?:\.[0-9]+)?)s")


def part(body: Any, *names: str) -> Any:
    """What stands under nested names; raises SourceChanged naming the one that is missing."""
    found = body
    for name in names:
        if not isinstance(found, dict) or name not in found:
            raise SourceChanged(f"no {'.'.join(names)} in the answer: {str(body)[:200]}")
        found = found[name]
    return found


def optional(body: Any, name: str) -> Any:
    """What stands under a name, or None where nothing does; raises SourceChanged where nothing has names."""
    if not isinstance(body, dict):
        raise SourceChanged(f"no {name} in the answer: {str(body)[:200]}")
    return body.get(name)


def own(rows: list[Any], of: str, *names: str) -> list[Any]:
    """Rows that must all be of one thing by their own words; raises SourceDown where another's came."""
    for row in rows:
        # The address of a validator may come in capitals.
        if str(part(row, *names)).lower() != of:
            raise SourceDown(f"asked for {'.'.join(names)} {of}, got {str(part(row, *names))[:80]}")
    return rows


def text(body: Any, *names: str) -> str:
    """A text; raises SourceChanged where something else stands."""
    found = part(body, *names)
    if not isinstance(found, str):
        raise SourceChanged(f"{'.'.join(names)} is no text: {str(found)[:80]!r}")
    return found


def address(body: Any, *names: str) -> str:
    """An address as it is stored: chains take capitals too (BIP 173), which say the same, and some keep them."""
    return text(body, *names).lower()


def listed(body: Any, *names: str) -> list[Any]:
    """A list; raises SourceChanged where something else stands."""
    found = part(body, *names)
    if not isinstance(found, list):
        raise SourceChanged(f"{'.'.join(names)} is no list: {str(found)[:80]!r}")
    return found


def raw(body: Any, *names: str) -> bytes:
    """Bytes that are written in base64; raises SourceChanged."""
    found = text(body, *names)
    try:
        return base64.b64decode(found, validate=True)
    except binascii.Error as error:
        raise SourceChanged(f"{'.'.join(names)} is no base64: {found[:80]!r}") from error


def key_of(body: Any, *names: str) -> bytes:
    """The bytes of a bech32 address; raises SourceChanged."""
    found = text(body, *names)
    try:
        return unbech32(found)[1]
    except NotAnAddress as error:
        raise SourceChanged(f"{'.'.join(names)}: {error}") from error


def whole(body: Any, *names: str) -> int:
    """A whole number, which the LCD writes as text; raises SourceChanged."""
    found = part(body, *names)
    if not re.fullmatch(r"-?[0-9]{1,99}", str(found)) or isinstance(found, bool):
        raise SourceChanged(f"{'.'.join(names)} is no whole number: {str(found)[:80]!r}")
    return int(found)


def fixed(body: Any, *names: str) -> int:
    """A decimal number in 1e-18, exactly; raises SourceChanged."""
    # Of a split vote the chain keeps the weights as the voter wrote them: a plus and noughts before them say nothing.
    found = re.sub(r"^(?:\+0*|0+)(?=[0-9.])", "0", str(part(body, *names)))
    if not re.fullmatch(r"-?[0-9]{1,99}(\.[0-9]{1,18})?", found):
        raise SourceChanged(f"{'.'.join(names)} is no decimal number: {found[:80]!r}")
    units, _, decimals = found.partition(".")
    sign = -1 if units.startswith("-") else 1
    return int(units) * ONE + sign * int(decimals.ljust(18, "0"))


def decimal(scaled: int) -> str:
    """A number in 1e-18 as the chain writes it."""
    return f"{scaled // ONE}.{scaled % ONE:018d}"


def duration(body: Any, *names: str) -> timedelta:
    """A length of time, which the LCD writes in seconds; raises SourceChanged."""
    found = DURATION.fullmatch(text(body, *names))
    if not found:
        raise SourceChanged(f"{'.'.join(names)} is no time in seconds: {str(part(body, *names))[:80]!r}")
    return timedelta(seconds=float(found[1]))


def moment(text: object) -> datetime | None:
    """A time of the chain to the microsecond; None where the chain has none (null or the year one)."""
    if text is None or str(text).startswith("0001-"):
        return None
    # Digits of ASCII, here and above: Python takes those of every script for numbers.
    day, clock = r"[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}:[0-9]{2}"
    found = re.fullmatch(rf"({day}T{clock})(?:\.([0-9]{{1,9}}))?Z", str(text))
    if not found:
        raise SourceChanged(f"{str(text)[:80]!r} is no time of the chain")
    # The chain counts nanoseconds; the ones below a microsecond are cut.
    try:
        return datetime.fromisoformat(f"{found[1]}.{(found[2] or '').ljust(6, '0')[:6]}+00:00")
    except ValueError as error:
        raise SourceChanged(f"{found[0]!r} is no time: {error}") from error


def instant(body: Any, *names: str) -> datetime:
    """A time that must be there; raises SourceChanged."""
    found = moment(part(body, *names))
    if found is None:
        raise SourceChanged(f"no {'.'.join(names)} in the answer: {str(body)[:200]}")
    return found
