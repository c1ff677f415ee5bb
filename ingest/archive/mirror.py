"""Taking what an archive serves as static files: months of landing, each proved and checked, or its newest mart alone.

Nothing that an archive says is believed but by the hashes in its package, and nothing in it lands that a reading could
not have landed. What is here already stays; an archive that contradicts it is told, and its file kept apart.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import polars as pl

from ingest.allowance import Limits
from ingest.archive.marts import Pointer, adopt, built_here
from ingest.archive.package import PACKAGE, SIGNATURES, Package, place, read
from ingest.archive.pieces import LANDING, Held, Piece
from ingest.archive.signing import signer
from ingest.imported import named as imported_network
from ingest.network import Network, Reading
from ingest.settings import WrongSetting, memory
from ingest.transport import AnswerTooLarge, Http, bare
from store.described import IMPORTED, Described
from store.disk import refuse_full, replace
from store.faults import BadData, ReadingError, SourceDown
from store.impossible import check
from store.landed import SEALED, Landed, arrived, contents, rows_of
from store.landing import Landing, Told
from store.mart import mirrored, published_hash
from store.rows import AHEAD, Facts, Parties, Snapshot
from store.sealed import hashes, restamped
from store.visible import plain

# A web server of files is asked for one after the other, with no thought between: not at the pace of a node.
PER_SECOND: Final = 50.0
# Five years of all networks are 37 GiB in 9,000 files.
ALL_OF_IT: Final = Limits(requests=10**6, bytes=2**42, elements=10**9, seconds=7 * 86_400)
# Where files lie until they are whole, below landing; a mart in the data folder.
ARRIVING: Final = "_arriving"
# How often a file goes on, or begins again, that was cut off.
TRIES: Final = 5
# Letters of what a snapshot says of its endpoint, and of what ran there.
LONGEST: Final = 400


class Own(Exception):
    """A mart that was built here, or a newer one, is in the place of one that was to be taken."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is taken of an archive: these networks and readings (all where none is named), of months from a day on."""

    networks: frozenset[str] = frozenset()
    readings: frozenset[str] = frozenset()
    since: date = date.min

    def __contains__(self, piece: Piece) -> bool:
        network, _, reading, month = place(piece)
        chosen = network in (self.networks or {network}) and reading in (self.readings or {reading})
        return chosen and month >= f"{self.since:%Y-%m}".zfill(7)


@dataclass(slots=True)
class Mirrored:
    """What mirroring did: months that were wanted, files and snapshots that joined, and what is said of all others.

    refused: files that are not what they should be. disputed: blocks of which there are other facts here. silent: files
    that did not come. beside: what is told here already in another way.
    """

    wanted: int = 0
    files: int = 0
    snapshots: int = 0
    refused: list[str] = field(default_factory=list)
    disputed: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)

    def add(self, piece: Piece, taken: "_Taken") -> None:
        """Count a month that came."""
        self.files += bool(taken.joined)
        self.snapshots += taken.joined
        self.disputed += [f"{piece.name}: {why}" for why in taken.disputed]
        if taken.left:
            self.beside.append(f"{piece.name}: {taken.left} periods are told here already, by other blocks: left out")


def archive_http() -> Http:
    """The client for archives, which may ask for as much as they have."""
    return Http(PER_SECOND, limits=ALL_OF_IT)


def archive_address(text: str) -> str:
    """The address of an archive, without a slash at its end; raises WrongSetting for what is none.

    A public archive lets everybody in: an address with a user, a password or a query is refused, and not repeated.
    """
    try:
        parts = urlsplit(text.strip())
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right or parts.username or parts.password or {"?", "#"} & set(text):
        raise WrongSetting("an archive is https://HOST[:PORT][/PATH], without a user, a password, ? or #")
    return text.strip().rstrip("/")


def mirror(
    url: str,
    data: Path,
    http: Http,
    known: Mapping[str, Network],
    wanted: Wanted = Wanted(),
    signers: Path | None = None,
) -> Mirrored:
    """Take the months of an archive that are not here into landing; the lock must be held.

    known: the networks of the program. signers: who must have signed the archive. A file that is refused or does not
    come costs no other. Raises SourceDown or BadData where the archive as a whole cannot be taken.
    """
    landing, came = Landing(data), Mirrored()
    arriving = landing.folder / ARRIVING
    source = _Source(bare(url), url, http, arriving)
    package = package_at(url, http, arriving, signers)
    months = [piece for piece in package.months if piece in wanted]
    came.wanted = len(months)
    for of_reading, pieces in groupby(sorted(months, key=place), lambda piece: place(piece)[:3]):
        there = landing.told(of_reading)
        for piece in pieces:
            try:
                came.add(piece, _take(source, piece, landing, known, there))
            except SourceDown as error:
                came.silent.append(f"{piece.name}: {error}")
            except ReadingError as error:
                why = str(error).replace(str(_part(arriving, piece)), "what came")
                came.refused.append(f"{piece.name}: {why}")
    _clear(arriving, came.silent)
    return came


def package_at(url: str, http: Http, arriving: Path, signers: Path | None) -> Package:
    """What an archive has, by its datapackage.json; raises SourceDown, BadData, NotSigned."""
    content = _small(http, f"{url}/{PACKAGE}")
    if signers:
        digest = hashlib.sha256(content).hexdigest()
        signature = arriving / f"{digest}.sig"
        replace(signature, _small(http, f"{url}/{SIGNATURES}/{digest}.sig"))
        signer(content, signature, signers)
        signature.unlink()
    return read(content, f"{bare(url)}/{PACKAGE}")


def _small(http: Http, url: str) -> bytes:
    answer = http.get(url)
    if answer.status != 200:
        raise SourceDown(f"{bare(url)} answered {answer.status}")
    return answer.content


@dataclass(frozen=True, slots=True)
class _Taken:
    """Of a month: snapshots that joined, those that are told here already by other blocks, and what contradicts."""

    joined: int = 0
    left: int = 0
    disputed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Source:
    """An archive as it is named, its address, who asks it, and where its files arrive."""

    name: str
    url: str
    http: Http
    arriving: Path


def _take(
    source: _Source, piece: Piece, landing: Landing, known: Mapping[str, Network], there: dict[int, Told]
) -> _Taken:
    """Let a month join landing, unless all of it is here. there: what is here of its reading, by height."""
    if not piece.snapshots:
        raise BadData("the package tells of no snapshot in it")
    if all(one.height in there and there[one.height].sha256 == one.sha256 for one in piece.snapshots):
        return _Taken()
    name = piece.name.removeprefix(f"{LANDING}/")
    kept = next((path for path in (landing.apart(name), landing.dispute(name)) if path.exists()), None)
    path, sealed = (kept, False) if kept else received(source.http, source.url, piece, source.arriving)
    try:
        found = arrived(path, memory(), proved=sealed)
        _refuse_other(found, piece, known, datetime.now(UTC))
        new = [one for one in found if one.snapshot.block.height not in there]
        joining = [one for one in new if not _told_already(one.snapshot, there)]
        _refuse_disorder(joining, there)
        _check([(one.snapshot, rows) for one, rows in rows_of(path, joining, memory())], known)
        others = [one for one in found if one not in new and there[one.snapshot.block.height].sha256 != one.sha256]
        disputed = [why for one in others for why in _contradiction(landing, path, one)]
        if others or len(joining) < len(new):
            # Kept, so that it is not lost, and not asked for again.
            aside = landing.dispute(name) if disputed else landing.apart(name)
            replace(aside, restamped(path.read_bytes(), mirrored=source.name))
            kept = None if kept in (None, aside) else kept
        landing.adopt(landing.folder.parent / piece.path, path, joining, source.name)
    finally:
        if path.parent == source.arriving:
            path.unlink(missing_ok=True)
    if kept:
        # What it contradicted is gone.
        kept.unlink()
    there |= {one.snapshot.block.height: _as_told(one) for one in joining}
    return _Taken(len(joining), len(new) - len(joining), tuple(disputed))


def _as_told(one: Landed) -> Told:
    return Told(one.sha256, one.snapshot.block.time, one.snapshot.since if one.snapshot.flow else None)


def _part(arriving: Path, piece: Piece) -> Path:
    """Where a file lies until it is whole: by its hash, so that what came of another one is never gone on with."""
    return arriving / f"{piece.sha256}.part"


def received(http: Http, url: str, piece: Piece, arriving: Path) -> tuple[Path, bool]:
    """A file of an archive, whole and of its hash, and whether its seal holds; goes on where it was cut off before.

    Raises SourceDown where it does not come, BadData where what came is not what the package tells of.
    """
    arriving.mkdir(parents=True, exist_ok=True)
    part = _part(arriving, piece)
    refuse_full(arriving, piece.bytes)
    cut: SourceDown | None = None
    for _ in range(TRIES):
        start = part.stat().st_size if part.exists() else 0
        if start < piece.bytes:
            try:
                http.download(f"{url}/{piece.name}", _Writer(part), most=piece.bytes, start=start)
            except AnswerTooLarge as error:
                part.unlink()
                raise BadData(f"more bytes came than the {piece.bytes} that the package tells of") from error
            except SourceDown as error:
                # One that went on has another try, one that stands still has none.
                cut = error
                if not part.exists() or part.stat().st_size <= start:
                    break
                continue
        size = part.stat().st_size
        found, sealed = hashes(part)
        if size == piece.bytes and found == piece.sha256:
            return part, sealed
        part.unlink()
        if start == 0:
            short = f"{size} bytes came in place of {piece.bytes}" if size < piece.bytes else "its bytes are others"
            raise BadData(f"it is not what the package tells of: {short}")
    raise cut or BadData("it changes while it is taken")


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes a file as it comes, from the byte on at which it begins."""

    path: Path

    def __call__(self, start: int, parts: Iterator[bytes]) -> None:
        with self.path.open("r+b" if start else "wb") as file:
            file.seek(start)
            for part in parts:
                file.write(part)


def _refuse_other(found: Sequence[Landed], piece: Piece, known: Mapping[str, Network], now: datetime) -> None:
    """Refuse snapshots of a file that are not what the package and the program say that they are; raises BadData."""
    if any(one.schema_version < SEALED for one in found):
        raise BadData("it has no seal")
    if tuple(Held(one.snapshot.block.height, one.sha256) for one in found) != piece.snapshots:
        raise BadData("it holds other snapshots than the package tells of")
    if len({one.snapshot.block.height for one in found}) < len(found):
        raise BadData("it holds a block twice")
    for one in found:
        _refuse_stranger(one.snapshot, place(piece), known, now)


def _refuse_stranger(
    snapshot: Snapshot, where: tuple[str, str, str, str], known: Mapping[str, Network], now: datetime
) -> None:
    """Refuse a snapshot that is not of its place, not real, of no known network or chain, or not as it is read here."""
    block = snapshot.block
    if (*snapshot.place, f"{block.time.astimezone(UTC):%Y-%m}") != where:
        raise BadData(f"it holds {snapshot.reading} of {snapshot.network} at {block.time}, which is of another place")
    if snapshot.simulated:
        raise BadData(f"block {block.height} is simulated")
    if block.time > now + AHEAD:
        raise BadData(f"block {block.height} is of the future: {block.time}")
    network = _network(snapshot, known)
    chains = {*([network.chain.chain_id] if network.chain else []), *network.chain_ids}
    if snapshot.chain_id not in chains:
        raise BadData(f"{network.name} is {', '.join(sorted(chains)) or 'no chain'}, not {snapshot.chain_id}")
    reading = _reading(snapshot, network)
    own = ("kind", "measure", "unit", "newest_only", "flow")
    if other := [name for name in own if reading and getattr(snapshot, name) != getattr(reading, name)]:
        raise BadData(f"{reading.name if reading else ''} of block {block.height} has another {', '.join(other)}")
    for text in (snapshot.endpoint, snapshot.witness, snapshot.mirrored, snapshot.runtime_version, block.hash):
        if plain(text, LONGEST) != text:
            raise BadData(f"block {block.height} names {plain(text)!r}, which is no text of ours")


def _network(snapshot: Snapshot, known: Mapping[str, Network]) -> Network[Any]:
    """The network that a snapshot is of; raises BadData where there is none."""
    if snapshot.network.startswith(IMPORTED) and snapshot.described:
        return imported_network(snapshot.network, Described.read(snapshot.described))
    if snapshot.network not in known or snapshot.described:
        raise BadData(f"this program knows no network {snapshot.network}")
    return known[snapshot.network]


def _reading(snapshot: Snapshot, network: Network) -> Reading[Any] | None:
    return next((one for one in network.readings if one.name == snapshot.reading), None)


def _told_already(snapshot: Snapshot, there: Mapping[int, Told]) -> bool:
    """Whether a part of the time that a flow tells of is told here by other blocks: it would be counted twice."""
    since, until = snapshot.since, snapshot.block.time
    if not snapshot.flow or since is None:
        return False
    return any(one.since is not None and one.since < until and since < one.time for one in there.values())


def _refuse_disorder(joining: Sequence[Landed], there: Mapping[int, Told]) -> None:
    """Refuse heights that do not grow with time: one that is too high would keep all later blocks from being read."""
    times = {height: one.time for height, one in there.items()}
    times |= {one.snapshot.block.height: one.snapshot.block.time for one in joining}
    for (low, before), (high, after) in pairwise(sorted(times.items())):
        if before > after:
            raise BadData(f"block {high} would be of {after}, before block {low} of {before}")


def _check(found: Sequence[tuple[Snapshot, pl.DataFrame]], known: Mapping[str, Network]) -> None:
    """Refuse snapshots of one reading that it could not have landed; raises BadData."""
    facts = [Facts(rows, one.reported, one.since, empty=True) for one, rows in found]
    network = _network(found[0][0], known) if found else None
    if network and (reading := _reading(found[0][0], network)):
        network.check_each(reading, facts)
        return
    for (one, rows), told in zip(found, facts, strict=True):
        # Of what is read no more, and of state files, it is not known how totals are rounded.
        check(told, one.kind, tolerance=rows.height, partial=True, parties=Parties())


def _contradiction(landing: Landing, path: Path, one: Landed) -> Iterator[str]:
    """How a snapshot of an archive contradicts what landed of its block; another hash alone is no contradiction."""
    height = one.snapshot.block.height
    at = landing.holding(one.snapshot.place, height)
    mine = next((held for held in contents(at) if held.snapshot.block.height == height), None) if at else None
    if at is None or mine is None:
        return
    [(_, here)], [(_, theirs)] = rows_of(at, [mine]), rows_of(path, [one])
    # Versions of the program hash the same facts otherwise, where columns were added.
    if not here.equals(theirs) or mine.snapshot.block != one.snapshot.block:
        yield f"block {height} of {one.snapshot.network} {one.snapshot.reading} has other facts here: both are kept"


def _clear(arriving: Path, silent: Sequence[str]) -> None:
    """Forget what has arrived in part, unless it is to go on."""
    if not silent:
        for path in arriving.glob("*"):
            path.unlink()
        with suppress(OSError):
            arriving.rmdir()


def mirror_mart(url: str, data: Path, http: Http, signers: Path | None = None, *, over: bool = False) -> Path | None:
    """Make the newest mart of an archive the one that is published here, under the lock; None where it is already.

    over: also over one that was built here, or is newer. Raises Own, SourceDown, BadData, NoMart.
    """
    # Landing may be a link to another disk, from which no mart is moved here.
    arriving = data / ARRIVING
    found = package_at(url, http, arriving, signers).mart
    if found is None:
        raise BadData(f"{bare(url)} has no mart")
    if published_hash(data) == found.piece.sha256:
        return None
    if not over:
        _refuse_over(data, found.built)
    path, _ = received(http, url, found.piece, arriving)
    told = Pointer(found.piece.name, found.piece.bytes, found.piece.sha256, found.built)
    made = adopt(path, told, data, bare(url))
    _clear(arriving, ())
    return made


def _refuse_over(data: Path, built: datetime) -> None:
    """Refuse to put a mart of an archive over one that was built here, or is newer."""
    if not published_hash(data) and not (data / "CURRENT").exists():
        return
    if not mirrored(data):
        raise Own(f"the mart in {data} was built here")
    mine = built_here(data)
    if mine and mine > built:
        raise Own(f"the mart in {data} is of {mine}, that of the archive of {built}")
