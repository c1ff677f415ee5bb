"""What this host remembers of an archive, so that it asks only for what is new; a torn or lost one is made again.

    <data>/archive.json    the archive's id, what was compared with it, and which files tell other facts there

Where it is lost all is compared again, and what was thinned elsewhere meanwhile is brought once more.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from store.disk import remake

FILE: Final = "archive.json"

# Size, and when it was written, in nanoseconds.
Sign = tuple[int, int]
# Of a snapshot that is here in a month, and by itself no more: no file of ours has no bytes.
NOWHERE: Final = (0, 0)


@dataclass(slots=True)
class Known:
    """What was compared with one archive.

    archive: its id. tried: the same where the store was tried. singles: by name, the sign here and the version there,
    as one text. months: by place, the sign here and the hash there. runs: lines of the ledger that are there. disputed:
    by place, what is said of it.
    """

    archive: str = ""
    tried: str = ""
    singles: dict[str, str] = field(default_factory=dict)
    months: dict[str, str] = field(default_factory=dict)
    runs: set[str] = field(default_factory=set)
    disputed: dict[str, str] = field(default_factory=dict)

    def has_single(self, name: str, etag: str | None, sign: Sign) -> bool:
        """Whether this very file was compared with this version; None: it is there no more, since somebody pruned."""
        known = self.singles.get(name, "")
        return known.startswith(_text(sign, "")) if etag is None else known == _text(sign, etag)

    def keep_single(self, name: str, etag: str, sign: Sign) -> None:
        """This very file was compared with this version."""
        self.singles[name] = _text(sign, etag)

    def has_version(self, name: str, etag: str) -> bool:
        """Whether this version was compared with a file that may be gone by now."""
        return self.singles.get(name, "").split(" ", 2)[2:] == [etag]

    def has_month(self, place: str, sha256: str | None, sign: Sign | None) -> bool:
        """Whether this very file is the month that the archive has."""
        return None not in (sha256, sign) and self.months.get(place) == _text(sign or NOWHERE, sha256 or "")

    def keep_month(self, place: str, sha256: str, sign: Sign) -> None:
        """This very file is the month that the archive has."""
        self.months[place] = _text(sign, sha256)

    def copy(self) -> "Known":
        """The same, to be compared with what becomes of it."""
        return Known(
            self.archive, self.tried, dict(self.singles), dict(self.months), set(self.runs), dict(self.disputed)
        )


def _text(sign: Sign, version: str) -> str:
    size, written = sign
    return f"{size} {written} {version}"


def remembered(data: Path) -> Known:
    """What is remembered; nothing where that was never written, or is torn."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        return _read(json.loads((data / FILE).read_bytes()))
    return Known()


def remember(data: Path, known: Known) -> None:
    """Write it for the next time."""
    told = {name: getattr(known, name) for name in ("archive", "tried", "singles", "months", "disputed")}
    remake(data / FILE, json.dumps({**told, "runs": sorted(known.runs)}, separators=(",", ":")).encode())


def _read(told: Mapping[str, Any]) -> Known:
    known = Known(told["archive"], told["tried"], told["singles"], told["months"], set(told["runs"]), told["disputed"])
    texts = [
        known.archive,
        known.tried,
        *known.singles.values(),
        *known.months.values(),
        *known.runs,
        *known.disputed.values(),
    ]
    if not all(type(text) is str for text in texts):
        raise TypeError(FILE)
    return known
