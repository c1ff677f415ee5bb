"""Taking an archive from a web server of another process: what costs how much of it."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import polars as pl

from benchmarks import OURS, Case, Skip, Work
from ingest.archive.mirror import archive_http, mirror, package_at, received
from ingest.archive.static import publish_archive
from ingest.networks import networks
from store.addresses import bech32
from store.landed import proved_contents
from store.landing import Landing
from store.rows import HOLDINGS, Block, Facts, Kind, Measure, Snapshot
from tests.worlds.servers import nginx

# Of a MiB a month: so many holders, each day.
DAYS: Final = 8
HOLDERS: Final = 12_400
# Which part of the holders of a month is not among those of the next: all, or as many as of a chain.
ALL: Final = 1.0
SOME: Final = 0.05
# What is alive as long as the process that measures.
KEPT: Final[list[object]] = []


class Served:
    """An archive of so many months behind a web server, which is a process of its own."""

    def __init__(self, months: int, turnover: float = ALL) -> None:
        self._folder = TemporaryDirectory()
        self.data, self.archive = (Path(self._folder.name, name) for name in ("data", "archive"))
        Landing(self.data).land_months(_read(months, turnover))
        publish_archive(self.data, self.archive)
        if shutil.which("nginx") is None:
            raise Skip("nginx is not installed")
        front = Path(self._folder.name, "nginx")
        front.mkdir()
        Path(self._folder.name).chmod(0o755)
        self._server = ExitStack()
        self.url = self._server.enter_context(nginx(front, f"root {self.archive};"))
        KEPT.append(self)

    def __del__(self) -> None:
        self._server.close()

    @property
    def size(self) -> float:
        """MiB of all months."""
        return sum(path.stat().st_size for path in self.archive.glob("landing/*/*/*/*")) / 2**20


def _read(months: int, turnover: float) -> Iterator[tuple[Snapshot, Facts]]:
    """A reading over so many months, each with a part of new holders."""
    draw = np.random.default_rng(7)
    first, holders = datetime(2017, 1, 3, tzinfo=UTC), list[str]()
    for month in range(months):
        begins = first.replace(year=first.year + month // 12, month=month % 12 + 1)
        staying = holders[int(len(holders) * turnover) :]
        holders = staying + [bech32("akash", draw.bytes(20)) for _ in range(HOLDERS - len(staying))]
        for day in range(DAYS):
            time_ = begins + timedelta(days=day)
            amounts = pl.Series(draw.integers(1, 10**15, HOLDERS)).cast(pl.Decimal(38, 0))
            rows = pl.DataFrame(
                {"population": ["validators"] * HOLDERS, "holder": holders, "amount": amounts}, HOLDINGS
            )
            block = Block(int(time_.timestamp()) // 6, f"{day:064X}", time_)
            told = ("akash", "akashnet-2", "validators", Kind.HOLDINGS, Measure.STAKE, "uakt", block, "", "lcd")
            total = {"validators": int(rows["amount"].sum())}
            yield Snapshot(*told, reported=total), Facts(rows, reported=total)


def proved(months: int) -> Work:
    """Each file taken by HTTP, its hash and its seal compared."""
    served = Served(months)

    def work() -> dict[str, float]:
        with TemporaryDirectory() as folder, archive_http() as http:
            package = package_at(served.url, http, Path(folder), None)
            for piece in package.months:
                path, sealed = received(http, served.url, piece, Path(folder))
                assert sealed
                assert len(proved_contents(path)) == DAYS
                path.unlink()
        return {"MiB": served.size}

    return work


def whole(months: int) -> Work:
    """Each file taken, proved, each of its rows checked, and landed."""
    return _whole(Served(months), months)


def staying(months: int) -> Work:
    """The same where nearly all holders of a month are those of the month before."""
    return _whole(Served(months, SOME), months)


def _whole(served: Served, months: int) -> Work:
    def work() -> dict[str, float]:
        with TemporaryDirectory() as folder, archive_http() as http:
            came = mirror(served.url, Path(folder), http, networks())
            assert came.files == months, came
        return {"MiB": served.size, "million rows": months * DAYS * HOLDERS / 1e6}

    return work


def again(months: int) -> Work:
    """All of it is here."""
    served = Served(months)
    folder = TemporaryDirectory()
    KEPT.append(folder)
    with archive_http() as http:
        mirror(served.url, Path(folder.name), http, networks())

    def work() -> dict[str, float]:
        with archive_http() as http:
            assert mirror(served.url, Path(folder.name), http, networks()).files == 0
        return {}

    return work


def unchanged(months: int) -> Work:
    """An archive to which nothing is new is published again."""
    served = Served(months)

    def work() -> dict[str, float]:
        assert publish_archive(served.data, served.archive).written == 0
        return {}

    return work


CASES = (
    Case("{:,} months of an archive by HTTP, hash and seal proved", OURS, proved, sizes=(100,), limit=0.8),
    Case("{:,} months of an archive mirrored, each row checked", OURS, whole, sizes=(10, 100), limit=12, growth=1.1),
    Case("{:,} months of an archive mirrored, nearly all holders stay", OURS, staying, sizes=(100,), limit=12),
    Case("{:,} months of an archive mirrored again, nothing new", OURS, again, sizes=(100,), limit=0.05),
    Case("{:,} months of an archive published again, nothing new", OURS, unchanged, sizes=(100,), limit=0.5),
)
