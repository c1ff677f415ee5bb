"""The dictionary of facts: every population and observation that a reading may tell, and every table of the mart.

    python -m ingest.dictionary > docs/data_dictionary.md      (or `make dictionary`)

A module says beside its readings what they tell: `TELLS`, a section a reading function, a line a name (name, of whom,
unit, meaning). <...> stands for what differs, [...] for what may be missing.
"""

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

import polars as pl

from ingest.cosmos import state
from ingest.network import InParts, Network, Reading, Since
from ingest.networks import networks
from store import layout
from store.rows import LEFT_OUT, Kind

FIELDS: Final = 4


@dataclass(frozen=True, slots=True)
class Tells:
    """A name that facts may have: of whom they are, in which unit, what they mean; each may hold <...> and [...]."""

    name: str
    of: str
    unit: str
    what: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """What the name, and for an observation whether it has a subject, and the unit, look like."""
        return re.compile("\n".join(map(_pattern, (self.name, self.of, self.unit))))


def _pattern(form: str) -> str:
    """<...> is some text, a part in [...] may be missing, and of several forms joined by `or` each will do."""
    forms = (re.escape(one).replace(r"\[", "(").replace(r"\]", ")?") for one in form.split(" or "))
    return f"(?:{'|'.join(re.sub('<[^<>]*>', '.+', one) for one in forms)})"


def told_by(module: Any) -> dict[str, tuple[Tells, ...]]:
    """What the reading functions of a module tell, by their names."""
    found: dict[str, list[Tells]] = {}
    for line in getattr(module, "TELLS", "").strip().splitlines():
        if line.startswith(" "):
            *_, section = found
            found[section].append(Tells(*(part.strip() for part in _fields(line))))
        else:
            found[line.removesuffix(":")] = []
    return {section: tuple(rows) for section, rows in found.items()}


def _fields(line: str) -> list[str]:
    """Name, of whom, unit and meaning; a bar without blanks belongs to a form."""
    fields = re.split(r" \|(?= |$)", line)
    if len(fields) != FIELDS:
        raise ValueError(f"{line!r} has {len(fields)} fields, not {FIELDS}")
    return fields


def tells(reading: Reading[Any]) -> tuple[Tells, ...]:
    """What a reading may tell; nothing where its module does not say."""
    read: Any = reading.read
    while isinstance(read, InParts | Since | partial):
        read = read.func if isinstance(read, partial) else read.read
    return told_by(inspect.getmodule(read)).get(read.__qualname__.partition(".")[0], ())


@cache
def imported() -> Mapping[str, tuple[Tells, ...]]:
    """What the state of a Cosmos chain tells when it is imported, by reading."""
    return told_by(state)


def unlisted(known: tuple[Tells, ...], kind: Kind, rows: pl.DataFrame) -> list[str]:
    """The populations, or observations with the unit that they have, that no line tells; one of each."""
    if kind is Kind.HOLDINGS:
        texts = rows.select(pl.col("population")).to_series()
        patterns = [re.compile(_pattern(one.name)) for one in known]
    elif kind is Kind.OBSERVATIONS:
        seen = rows.filter(~pl.col("name").str.starts_with(f"{LEFT_OUT}:"))
        texts = seen.select(pl.concat_str("name", "subject", "unit", separator="\n")).to_series()
        patterns = [one.pattern for one in known]
    else:
        return []
    return [text for text in texts.unique().sort() if not any(one.fullmatch(text) for one in patterns)]


def page() -> str:
    """The whole dictionary as Markdown."""
    return "\n".join((*_opening(), *_facts(), *_tables())) + "\n"


def _opening() -> Iterator[str]:
    yield "# Data dictionary"
    yield ""
    yield "Written by `make dictionary` from what readings say of themselves and from store/schema.sql; do not edit it."
    yield "`<...>` stands for what differs, `[...]` for what may be missing. Addresses are spelled as on their network."
    yield "`left_out:<reading>` is the one name that every reading may tell: why its subject is missing among many."


def _facts() -> Iterator[str]:
    for network in networks().values():
        if network.readings:
            yield from ("", f"## {network.title} (`{network.name}`)")
            yield from _of_network(network)
    yield from ("", "## Imported states of Cosmos chains")
    for name, rows in imported().items():
        yield from ("", f"### {name}", "")
        yield from _table(rows)


def _of_network(network: Network[Any]) -> Iterator[str]:
    """Readings that tell the same, as of several denoms, stand together."""
    same: dict[tuple[Tells, ...], list[Reading[Any]]] = {}
    for reading in network.readings:
        if reading.kind in (Kind.HOLDINGS, Kind.OBSERVATIONS):
            same.setdefault((Tells(reading.kind, reading.measure or "", "", ""), *tells(reading)), []).append(reading)
    for (kind, *rows), readings in same.items():
        units = ", ".join(dict.fromkeys(f"`{one.unit}`" for one in readings if one.unit))
        about = ", ".join(filter(None, (kind.name, kind.of.replace("_", " "), units and f"in {units}")))
        yield from ("", f"### {', '.join(one.name for one in readings)}", "", f"{about[:1].upper()}{about[1:]}.", "")
        yield from _table(tuple(rows))


def _table(rows: tuple[Tells, ...]) -> Iterator[str]:
    """Lines of one reading; only observations have a unit of their own."""
    yield from ("| name | of | unit | meaning |", "| --- | --- | --- | --- |")
    for one in rows:
        yield f"| {_code(one.name)} | {_code(one.of)} | {_code(one.unit)} | {one.what.replace('|', chr(92) + '|')} |"


def _code(text: str) -> str:
    return f"`{text}`".replace("|", r"\|") if text else ""


def _tables() -> Iterator[str]:
    yield from ("", "## Tables, views and macros of the mart")
    for one in layout.objects():
        kind = "" if one.kind == "TABLE" else f" ({one.kind.lower()})"
        yield from ("", f"### `{one.name}`{kind}", "", one.said)
        if one.columns:
            yield from ("", "| column | type | meaning |", "| --- | --- | --- |")
        for column in one.columns:
            yield f"| {column.name} | {column.type} | {column.said.replace('|', chr(92) + '|')} |"


if __name__ == "__main__":
    sys.stdout.write(page())
