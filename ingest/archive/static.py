"""An archive as static files: months of landing and the newest mart, written so that any web server can serve them.

What is there stays: a file is never written again, and a month that has grown is another file. Readers of the package
of before find its files until the next one is written, so nobody reads half of anything.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from ingest.archive.package import LICENCE, PACKAGE, SIGNATURES, SUMS, Mart, Package, place, read, sums, written
from ingest.archive.pieces import Held, Piece, hashed, landed, mart, named
from ingest.archive.signing import signature
from store.disk import copy, replace, sync_folder
from store.faults import BadData
from store.landed import SEALED, Landed, contents, rows_of
from store.landing import MONTH, Landing
from store.mart import NoMart, generation, opened, prove
from store.rows import Facts

TERMS: Final = Path(__file__).parents[2] / "docs" / LICENCE
# Where months are put together, before anybody is told of them.
MAKING: Final = ".making"
SIGNED: Final = re.compile(rf"{SIGNATURES}/[0-9a-f]{{64}}\.sig")


class Simulated(Exception):
    """Simulated data is no archive of anything."""


@dataclass(frozen=True, slots=True)
class Archived:
    """What publishing an archive did: how many files were written and how many it has; what it could not take.

    torn: what is said of files that are not what landed. disputed: what is said of blocks of which the archive has
    other facts than landing.
    """

    written: int
    files: int
    torn: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()


# A reading and a month.
Month = tuple[str, str, str, str]


def publish_archive(data: Path, folder: Path, key: Path | None = None) -> Archived:
    """Write the landing files of a data folder, and its mart where it has one, as an archive; both locks must be held.

    key: an SSH key that signs it. Raises Simulated, BadData where the folder has another archive's datapackage.json,
    Damaged, NotSigned.
    """
    landing = Landing(data)
    if landing.simulated:
        raise Simulated(f"{data} is simulated: it is no archive of any network")
    before = _before(folder)
    making = Landing(folder / MAKING)
    making.discard()
    press = _Press(folder, making, {place(one): one for one in before.months})
    for month, files in _by_month(landing, press).items():
        press.take(month, files)
    package = Package(tuple(piece for _, piece in sorted(press.months.items())), _newest(data, folder, press))
    making.discard()
    content = written(package)
    last = _signed(folder / PACKAGE)
    _beside(folder, package, content, key)
    _put(folder / PACKAGE, content)
    names = {one.name for one in (*before.pieces, *package.pieces)}
    _forget(folder, {*names, last, _signed(folder / PACKAGE)})
    return Archived(press.written, len(package.pieces), tuple(press.torn), tuple(press.disputed))


def _before(folder: Path) -> Package:
    """What the archive has that is in the folder; nothing where there is none yet."""
    path = folder / PACKAGE
    return read(path.read_bytes(), str(path)) if path.exists() else Package()


def _by_month(landing: Landing, press: "_Press") -> Mapping[Month, list[tuple[Path, Sequence[Landed]]]]:
    """The landing files of each month, each with what it holds of it; torn ones are told."""
    found: dict[Month, list[tuple[Path, Sequence[Landed]]]] = defaultdict(list)
    for path in landing.files():
        try:
            told = contents(path)
        except BadData as error:
            press.torn.append(str(error))
            continue
        whole = MONTH.fullmatch(path.stem) is not None
        for month in {f"{one.snapshot.block.time:%Y-%m}" for one in told}:
            held = [one for one in told if whole or f"{one.snapshot.block.time:%Y-%m}" == month]
            network, chain_id, reading = path.parts[-4:-1]
            found[network, chain_id, reading, path.stem if whole else month].append((path, held))
    return dict(sorted(found.items()))


class _Press:
    """Puts months together that the archive lacks or has less of."""

    def __init__(self, folder: Path, making: Landing, months: Mapping[Month, Piece]) -> None:
        self._folder = folder
        self._making = making
        # All that the archive has; what landing has lost stays there.
        self.months = dict(months)
        self.written = 0
        self.torn: list[str] = []
        self.disputed: list[str] = []

    def take(self, month: Month, files: Sequence[tuple[Path, Sequence[Landed]]]) -> None:
        """Have a month of landing in the archive; it stands as it is where nothing of it is new."""
        there = self.months.get(month)
        known = {one.height: one.sha256 for one in there.snapshots} if there else {}
        held = there is not None and (self._folder / there.name).exists()
        new = [(path, one) for path, told in files for one in told if one.snapshot.block.height not in known]
        other = [
            (path, one)
            for path, told in files
            for one in told
            if known.get(one.snapshot.block.height, one.sha256) != one.sha256
        ]
        if there and held:
            self.disputed += self._differing(there, other)
        elif there:
            self.torn.append(f"{self._folder / there.name} is gone: what landing has of it is archived again")
        if held and not new:
            return
        try:
            piece = self._made(month, files, there if held else None)
        except BadData as error:
            self.torn.append(str(error))
            return
        self.months[month] = piece
        self.written += 1

    def _differing(self, there: Piece, other: Sequence[tuple[Path, Landed]]) -> Iterator[str]:
        """What landing tells otherwise than the archive does; versions of the program hash the same facts otherwise."""
        path = self._folder / there.name
        for at, one in other:
            block = one.snapshot.block
            [(_, mine)] = rows_of(at, [one])
            [(before, theirs)] = rows_of(path, [o for o in contents(path) if o.snapshot.block.height == block.height])
            if not mine.equals(theirs) or before.snapshot.block != block:
                yield f"{there.name}: other facts of block {block.height} than {at}; the archive keeps its own"

    def _made(self, month: Month, files: Sequence[tuple[Path, Sequence[Landed]]], there: Piece | None) -> Piece:
        """The file of a month with all that is known of it."""
        if len(files) == 1 and MONTH.fullmatch(files[0][0].stem) and not there:
            path, told = files[0]
            if all(one.schema_version >= SEALED for one in told):
                piece = Piece(_path(month), path.stat().st_size, hashed(path), _held(told))
                copy(path, self._folder / piece.name)
                return piece
        sources = [(self._folder / there.name, contents(self._folder / there.name))] if there else []
        found, seen = [], set[int]()
        for path, told in [*sources, *files]:
            fresh = [one for one in told if one.snapshot.block.height not in seen]
            seen |= {one.snapshot.block.height for one in fresh}
            found += [(one.snapshot, Facts(rows)) for one, rows in rows_of(path, fresh)]
        [path] = self._making.land_months(found)
        made = landed(self._making.folder.parent, path)
        (self._folder / made.name).parent.mkdir(parents=True, exist_ok=True)
        path.rename(self._folder / made.name)
        sync_folder((self._folder / made.name).parent)
        return made


def _path(month: Month) -> str:
    return f"landing/{'/'.join(month)}.parquet"


def _held(told: Sequence[Landed]) -> tuple[Held, ...]:
    return tuple(Held(one.snapshot.block.height, one.sha256) for one in told)


def _newest(data: Path, folder: Path, press: _Press) -> Mart | None:
    """The current mart of a data folder, in the archive; None where it has none."""
    try:
        path = prove(data)
    except NoMart:
        if (data / "CURRENT").exists():
            raise
        return None
    with opened(data) as current:
        built, simulated = current.table("SELECT built, simulated FROM meta").row(0)
    if simulated:
        raise Simulated(f"{path} is simulated: it is no archive of any network")
    piece = mart(path)
    if not (folder / piece.name).exists():
        copy(path, folder / piece.name)
        press.written += 1
    return Mart(piece, generation(path), built)


def _beside(folder: Path, package: Package, content: bytes, key: Path | None) -> None:
    """Write what goes with a datapackage.json before it is there: licence, hashes, signature."""
    terms = TERMS.read_bytes()
    digest = sha256(content).hexdigest()
    _put(folder / LICENCE, terms)
    _put(folder / SUMS, sums(package, {PACKAGE: digest, LICENCE: sha256(terms).hexdigest()}))
    signed = folder / SIGNATURES / f"{digest}.sig"
    if key and not signed.exists():
        replace(signed, signature(content, key))


def _put(path: Path, content: bytes) -> None:
    """Give a file its content where it has another one."""
    if not path.exists() or path.read_bytes() != content:
        replace(path, content)


def _signed(package: Path) -> str:
    """The name of the signature of a datapackage.json; empty where there is none."""
    return f"{SIGNATURES}/{hashed(package)}.sig" if package.exists() else ""


def _forget(folder: Path, wanted: set[str]) -> None:
    """Remove what neither this package names nor the one before; what is nobody's of ours stays."""
    for pattern in ("landing/*/*/*/*", "marts/*", f"{SIGNATURES}/*"):
        for path in folder.glob(pattern):
            name = path.relative_to(folder).as_posix()
            if name not in wanted and (name.endswith(".tmp") or SIGNED.fullmatch(name) or _ours(name)):
                path.unlink()


def _ours(name: str) -> bool:
    try:
        return bool(named(name).sha12)
    except BadData:
        return False
