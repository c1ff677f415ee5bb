"""Values as the REST interface of Cosmos chains writes them: numbers as text, decimals with eighteen places, times."""

import re
from datetime import datetime
from typing import Any, Final

from store.rows import SourceChanged

# Amounts with decimals have eighteen of them; they are read as whole numbers of this part of one.
ONE: Final = 10**18


def part(body: Any, *names: str) -> Any:
    """What stands under nested names; raises SourceChanged naming the one that is missing."""
    found = body
    for name in names:
        if not isinstance(found, dict) or name not in found:
            raise SourceChanged(f"no {'.'.join(names)} in the answer: {str(body)[:200]}")
        found = found[name]
    return found


def whole(body: Any, *names: str) -> int:
    """A whole number, which the LCD writes as text; raises SourceChanged."""
    found = part(body, *names)
    if not re.fullmatch(r"-?\d{1,60}", str(found)) or isinstance(found, bool):
        raise SourceChanged(f"{'.'.join(names)} is no whole number: {str(found)[:80]!r}")
    return int(found)


def fixed(body: Any, *names: str) -> int:
    """A decimal number in 1e-18, exactly; raises SourceChanged."""
    found = str(part(body, *names))
    if not re.fullmatch(r"-?\d{1,60}(\.\d{1,18})?", found):
        raise SourceChanged(f"{'.'.join(names)} is no decimal number: {found[:80]!r}")
    units, _, decimals = found.partition(".")
    sign = -1 if units.startswith("-") else 1
    return int(units) * ONE + sign * int(decimals.ljust(18, "0"))


def decimal(scaled: int) -> str:
    """A number in 1e-18 as the chain writes it."""
    return f"{scaled // ONE}.{scaled % ONE:018d}"


def moment(text: object) -> datetime | None:
    """A time of the chain to the microsecond; None where the chain has none (null or the year one)."""
    if text is None or str(text).startswith("0001-"):
        return None
    found = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", str(text))
    if not found:
        raise SourceChanged(f"{str(text)[:80]!r} is no time of the chain")
    # The chain counts nanoseconds; the ones below a microsecond are cut.
    return datetime.fromisoformat(f"{found[1]}.{(found[2] or '').ljust(6, '0')[:6]}+00:00")


def instant(body: Any, *names: str) -> datetime:
    """A time that must be there; raises SourceChanged."""
    found = moment(part(body, *names))
    if found is None:
        raise SourceChanged(f"no {'.'.join(names)} in the answer: {str(body)[:200]}")
    return found
