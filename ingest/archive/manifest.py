"""The manifest of an archive: its id, and which file of each month is live. It is swapped, never written over.

    manifest.json    {"archive": <id>, "months": {"landing/<network>/<chain_id>/<reading>/2026-10.parquet": <sha256>}}

Two hosts that change it at once both have their months in it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Final

from ingest.archive import pieces
from ingest.archive.objects import Objects
from ingest.settings import WrongSetting
from store.faults import BadData

NAME: Final = "manifest.json"
PROBES: Final = "probe"
HASH: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive says of itself; etag: of which version this is, empty where there is none yet."""

    archive: str = ""
    months: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""

    def name(self, place: str) -> str:
        """The name of the live file of a month."""
        return pieces.name(place, self.months[place])


def read(objects: Objects) -> Manifest:
    """The manifest as it is now; an empty one where nobody has pushed yet. Raises BadData where it is none."""
    if not (found := objects.read(NAME)):
        return Manifest()
    try:
        told = json.loads(found.text)
        archive, months = told["archive"], told["months"]
        whole = HASH.fullmatch(archive) and all(HASH.fullmatch(sha256) for sha256 in months.values())
        for place, sha256 in months.items():
            pieces.name(place, sha256)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadData(f"{objects.address}: {NAME} is no manifest: {error}") from error
    if not whole:
        raise BadData(f"{objects.address}: {NAME} has a hash that is none")
    return Manifest(archive, months, found.etag)


def swapped(objects: Objects, before: Manifest, months: Mapping[str, str]) -> bool:
    """Name other files as live, in the manifest that was read; False where somebody has changed it meanwhile."""
    return objects.swap(NAME, _text(before.archive, {**before.months, **months}), before.etag) is not None


def begun(objects: Objects, tried: str) -> Manifest:
    """The manifest of an archive that this host may push to; where it did so never before, the store is tried.

    tried: the id of the archive where that was done. Raises WrongSetting where it would write over what is there.
    """
    found = read(objects)
    if not found.etag or found.archive != tried:
        _refuse_overwriting(objects)
    if not found.etag:
        objects.create(NAME, _text(token_hex(32), {}))
        found = read(objects)
    return found


def _text(archive: str, months: Mapping[str, str]) -> bytes:
    return json.dumps({"archive": archive, "months": dict(sorted(months.items()))}, indent=0).encode()


def _refuse_overwriting(objects: Objects) -> None:
    """Try whether two writers of one name are kept apart, and who swaps what another has swapped before."""
    name = f"{PROBES}/{token_hex(16)}"
    try:
        first = objects.create(name, b"1")
        if first is None or objects.create(name, b"2") is not None:
            raise WrongSetting(
                f"{objects.address} writes over what is there (it does not heed If-None-Match): not used"
            )
        second = objects.swap(name, b"3", first)
        if second is None or objects.swap(name, b"4", first) is not None:
            raise WrongSetting(f"{objects.address} swaps what was swapped before (it does not heed If-Match): not used")
    finally:
        objects.remove([name])
