"""Taking an archive: what lands is what was read elsewhere, and nothing that is anything else."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from ingest import transport
from ingest.archive.mirror import Mirrored, Wanted, archive_http, mirror
from ingest.archive.package import PACKAGE
from ingest.archive.static import publish_archive
from ingest.networks import networks
from store import landed as landed_files
from store.faults import BadData, SourceDown
from store.landed import contents
from store.landing import SAMPLE, Landing
from store.rows import Facts, Measure, Snapshot, holdings
from tests.worlds.each import each
from tests.worlds.hamlet import address
from tests.worlds.libraries import (
    DAYS,
    PLACE,
    Server,
    cut_after,
    facts,
    files,
    forged,
    height,
    land,
    landed,
    library,
    repackaged,
    snapshot,
)
from tests.worlds.servers import Raw, Reply, Request, serving

MONTHS: Final = ("akash/akashnet-2/validators/2026-09.parquet", "akash/akashnet-2/validators/2026-10.parquet")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Landing and archive of the small library."""
    return library(tmp_path_factory.mktemp("library")).parent


def taken(server: Server, data: Path, wanted: Wanted | None = None) -> Mirrored:
    """What comes of mirroring a server of files."""
    with serving(server) as url, archive_http() as http:
        return mirror(url, data, http, networks(), wanted or Wanted())


def rows(data: Path) -> dict[int, Any]:
    """What landed of the validators, by height."""
    return {at: told.rows() for at, told in Landing(data).between(*PLACE, 0, 10**12).items()}


def test_an_archive_lands_as_it_was_read_and_says_from_where(shelf: Path, tmp_path: Path) -> None:
    server = Server(files(shelf / "archive"))
    with serving(server) as url, archive_http() as http:
        came = mirror(url, tmp_path, http, networks())
    assert (came.files, came.snapshots, came.refused + came.disputed + came.silent) == (2, 3, [])
    assert rows(tmp_path) == rows(shelf / "data")
    told = [one.snapshot for path in Landing(tmp_path).files() for one in contents(path)]
    assert {one.mirrored for one in told} == {url}
    assert {one.origin for one in told} == {f"https://lcd.example, mirrored from {url}"}


def test_an_archive_of_which_all_is_here_is_asked_for_its_package_alone(shelf: Path, tmp_path: Path) -> None:
    server = Server(files(shelf / "archive"))
    taken(server, tmp_path)
    before, server.asked = landed(tmp_path), []
    assert taken(server, tmp_path).snapshots == 0
    assert (landed(tmp_path), server.asked) == (before, [PACKAGE])


def test_a_mirror_of_a_mirror_says_both(shelf: Path, tmp_path: Path) -> None:
    with serving(Server(files(shelf / "archive"))) as first, archive_http() as http:
        mirror(first, tmp_path / "one", http, networks())
    publish_archive(tmp_path / "one", tmp_path / "archive")
    with serving(Server(files(tmp_path / "archive"))) as second, archive_http() as http:
        mirror(second, tmp_path / "two", http, networks())
    assert rows(tmp_path / "two") == rows(shelf / "data")
    [one, *_] = contents(Landing(tmp_path / "two").files()[0])
    assert one.snapshot.mirrored == f"{second}, which has it from {first}"


@pytest.mark.parametrize(
    ("wanted", "months"),
    [
        (Wanted(networks=frozenset({"fetch"})), []),
        (Wanted(readings=frozenset({"names"})), []),
        (Wanted(since=DAYS[2].date()), [MONTHS[1]]),
        (Wanted(frozenset({"akash"}), frozenset({"validators"}), DAYS[1].date()), [*MONTHS]),
    ],
)
def test_only_what_is_wanted_is_taken(wanted: Wanted, months: list[str], shelf: Path, tmp_path: Path) -> None:
    taken(Server(files(shelf / "archive")), tmp_path, wanted)
    assert sorted(landed(tmp_path)) == months


def test_what_was_read_here_stays_and_the_rest_joins_it(shelf: Path, tmp_path: Path) -> None:
    land(tmp_path, [(snapshot(DAYS[1]), facts((50, 30, 20)))])
    came = taken(Server(files(shelf / "archive")), tmp_path)
    assert (came.snapshots, rows(tmp_path)) == (2, rows(shelf / "data"))
    path = Landing(tmp_path).holding(PLACE, height(DAYS[1]))
    assert path is not None
    assert path.stem == str(height(DAYS[1]))
    assert not contents(path)[0].snapshot.mirrored


def test_a_mirror_can_be_published_again(shelf: Path, tmp_path: Path) -> None:
    land(tmp_path, [(snapshot(DAYS[1]), facts((50, 30, 20)))])
    taken(Server(files(shelf / "archive")), tmp_path)
    assert publish_archive(tmp_path, tmp_path / "archive").files == 2


# What contradicts.


def test_a_block_of_which_other_facts_are_here_is_told_and_both_are_kept(shelf: Path, tmp_path: Path) -> None:
    land(tmp_path, [(snapshot(DAYS[1]), facts((99, 30, 20)))])
    server = Server(files(shelf / "archive"))
    came = taken(server, tmp_path)
    assert [f"block {height(DAYS[1])} of akash validators has other facts here" in why for why in came.disputed] == [
        True
    ]
    assert [amount for *_, amount in rows(tmp_path)[height(DAYS[1])]] == [20, 30, 99]
    [theirs] = Landing(tmp_path).disputed()
    assert Landing(tmp_path).read(theirs, snapshot(DAYS[1]).key)["amount"].sort().to_list() == [20, 30, 50]
    # The other day of its month has joined.
    assert height(DAYS[0]) in rows(tmp_path)
    # It is told again, and not asked for again.
    server.asked = []
    assert (taken(server, tmp_path).disputed, server.asked) == (came.disputed, [PACKAGE])


def test_a_contradiction_ends_where_one_of_both_is_taken_away(shelf: Path, tmp_path: Path) -> None:
    land(tmp_path, [(snapshot(DAYS[1]), facts((99, 30, 20)))])
    server = Server(files(shelf / "archive"))
    taken(server, tmp_path)
    (Landing(tmp_path).folder.joinpath(*PLACE) / f"{height(DAYS[1])}.parquet").unlink()
    assert taken(server, tmp_path).disputed == []
    assert (rows(tmp_path), Landing(tmp_path).disputed()) == (rows(shelf / "data"), [])


def flow(since: datetime, until: datetime, amount: int) -> tuple[Snapshot, Facts]:
    """What one tenant of Akash spent between two blocks."""
    one = next(reading for reading in networks()["akash"].readings if reading.flow)
    told = snapshot(until, measure=one.measure, unit=one.unit, flow=True, since=since)
    spent = Facts(holdings([("tenants", address("akash", 1), amount)]), since=since)
    return replace(told, reading=one.name), spent


def test_periods_that_are_told_here_by_other_blocks_are_left_out(tmp_path: Path) -> None:
    """Invented: what flowed while two hosts each read it would be counted twice."""
    start, hour = DAYS[0], timedelta(hours=1)
    Landing(tmp_path / "theirs").land_months([flow(start, start + hour, 3), flow(start + hour, start + 3 * hour, 5)])
    Landing(tmp_path / "mine").land(*flow(start + 2 * hour, start + 4 * hour, 7))
    server = Server(forged(tmp_path / "theirs"))
    came = taken(server, tmp_path / "mine")
    assert (came.snapshots, came.disputed) == (1, [])
    assert "1 periods are told here already" in came.beside[0]
    place = flow(start, start + hour, 3)[0].place
    held = Landing(tmp_path / "mine").between(*place, 0, 10**12)
    assert [int(told["amount"].sum()) for told in held.values()] == [3, 7]
    server.asked = []
    assert (taken(server, tmp_path / "mine").snapshots, server.asked) == (0, [PACKAGE])


# What is refused.

Change = Callable[[dict[str, bytes]], dict[str, bytes]]


def of_package(change: Callable[[dict[str, Any]], object]) -> Change:
    def changed(told: dict[str, bytes]) -> dict[str, bytes]:
        return repackaged(told, change)

    return changed


def first(name: str, value: object) -> Change:
    """The first resource with something else under a name."""
    return of_package(lambda package: package["resources"][0].update({name: value}))


WHOLE: Final[dict[str, tuple[Change, str]]] = {
    "climbs": (
        first("path", "landing/akash/akashnet-2/../../../../etc/cron.d/x.parquet"),
        "no name of an archived file",
    ),
    "climbs-out": (first("path", "../landing/akash/a/b/2026-09.000000000000.parquet"), "no name of an archived file"),
    "absolute": (first("path", "/etc/passwd"), "no name of an archived file"),
    "elsewhere": (first("path", "https://evil.example/x.parquet"), "no name of an archived file"),
    "backslash": (first("path", "landing\\akash\\a\\b\\2026-09.000000000000.parquet"), "no name of an archived file"),
    "inner-folder": (first("path", "landing/_runs/a/b/2026-09.000000000000.parquet"), "no name of an archived file"),
    "single": (first("path", "landing/akash/akashnet-2/validators/7.parquet"), "its name is of another hash"),
    "too-large": (first("bytes", 2**60), "would have 1152921504606846976 bytes"),
    "no-bytes": (first("bytes", 0), "would have 0 bytes"),
    "other-hash": (first("hash", f"sha256:{'0' * 64}"), "its name is of another hash"),
    "md5": (first("hash", "md5:900150983cd24fb0d6963f7d28e17f72"), "has no sha256"),
    "twice": (of_package(lambda package: package["resources"].append(package["resources"][0])), "is there twice"),
    "simulated": (of_package(lambda package: package.update(simulated=True)), "its data is simulated"),
    "later-format": (of_package(lambda package: package.update(format=2)), "no archive of format 1"),
    "no-json": (lambda told: {**told, PACKAGE: b"<html>"}, PACKAGE),
    "a-list": (lambda told: {**told, PACKAGE: b"[]"}, "no archive of format 1"),
    "nested": (lambda told: {**told, PACKAGE: b"[" * 100_000}, PACKAGE),
}


@each("name", WHOLE)
def test_an_archive_that_leads_elsewhere_or_is_none_is_refused_as_a_whole(
    name: str, shelf: Path, tmp_path: Path
) -> None:
    change, why = WHOLE[name]
    server = Server(change(files(shelf / "archive")))
    with pytest.raises(BadData, match=why):
        taken(server, tmp_path)
    assert (landed(tmp_path), server.asked) == ({}, [PACKAGE])


def test_an_archive_without_a_package_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(SourceDown, match="answered 404"):
        taken(Server({}), tmp_path)


# An answer to a question for a month's file, by its content.
Mood = Callable[[bytes], Reply | Raw]


def flipped(content: bytes) -> bytes:
    return content[:100] + bytes([content[100] ^ 1]) + content[101:]


SENT: Final[dict[str, tuple[Mood, str]]] = {
    "a-byte-flipped": (lambda content: Reply(flipped(content)), "not what the package tells of: its bytes are others"),
    "nothing": (lambda _: Reply(b""), "0 bytes came in place of"),
    "ended-early": (lambda content: Reply(content[:-7]), "bytes came in place of"),
    "more": (lambda content: Reply(content + b"x"), "more bytes came than the"),
    "endless": (
        lambda content: Raw([b"HTTP/1.1 200 OK\r\n\r\n", *([content] * 40)]),
        "more bytes came than the",
    ),
    "another-file": (lambda content: Reply(bytes(len(content))), "its bytes are others"),
}
CAME_NOT: Final[dict[str, tuple[Mood, str]]] = {
    "cut": (lambda content: cut_after(content, 0), "the answer was cut off"),
    "gone": (lambda _: Reply(b"", 404), "answered 404 in place of a file"),
    "packed": (lambda content: Reply(content, headers={"content-encoding": "gzip"}), "answered 200 in place of a file"),
    "elsewhere": (
        lambda _: Reply(b"", 302, {"location": "https://evil.example/"}),
        "redirects to https://evil.example",
    ),
    "to-a-file": (lambda _: Reply(b"", 302, {"location": "file:///etc/passwd"}), "redirects to file:"),
    "of-another-place": (lambda content: Reply(content, 206, {"content-range": "bytes 7-9/10"}), "answered 206"),
}


def sending(shelf: Path, mood: Mood) -> Server:
    """A server that sends the month of October so."""
    told = files(shelf / "archive")

    def answer(request: Request) -> Reply | Raw | None:
        return mood(told[request.path[1:]]) if "2026-10" in request.path else None

    return Server(told, mood=answer)


@each("name", SENT)
def test_a_file_that_is_not_what_the_package_tells_of_is_refused_by_name(
    name: str, shelf: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.mktemp(name)
    came = taken(sending(shelf, SENT[name][0]), data)
    [why] = came.refused
    assert "2026-10." in why
    assert SENT[name][1] in why
    # Nothing of it stays, and it costs no other.
    assert list(landed(data)) == [MONTHS[0]]


@each("name", CAME_NOT)
def test_a_file_that_does_not_come_is_told_by_name(
    name: str, shelf: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.mktemp(name)
    came = taken(sending(shelf, CAME_NOT[name][0]), data)
    [why] = came.silent
    assert "2026-10." in why
    assert CAME_NOT[name][1] in why
    assert list(landed(data)) == [MONTHS[0]]


def test_a_file_that_drips_is_left_and_gone_on_with_later(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(transport, "SLOWEST", 10**9)

    def drips(content: bytes) -> Raw:
        head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(content)}\r\n\r\n".encode()
        return Raw([head, *(content[at : at + 1] for at in range(len(content)))], pause=0.01)

    [why] = taken(sending(shelf, drips), tmp_path).silent
    assert "sent no whole file within" in why
    assert taken(Server(files(shelf / "archive")), tmp_path).silent == []


# What a month holds that no reading could have landed; its hashes are all right.
Wrong = tuple[str, str, Callable[[], tuple[Snapshot, Facts]]]
OTHER_ADDRESS: Final = Facts(holdings([("validators", "0x" + "1" * 40, 7)]), reported={"validators": 7})
HELD: Final[dict[str, tuple[Callable[[], tuple[Snapshot, Facts]], str]]] = {
    "another-chain": (
        lambda: (replace(snapshot(DAYS[0]), chain_id="akashnet-9"), facts()),
        "akash is .*not akashnet-9",
    ),
    "another-network": (lambda: (replace(snapshot(DAYS[0]), network="zebra"), facts()), "knows no network zebra"),
    "imported-without-a-word": (
        lambda: (replace(snapshot(DAYS[0]), network="imported-akash"), facts()),
        "knows no network imported-akash",
    ),
    "another-unit": (lambda: (snapshot(DAYS[0], unit="akt"), facts()), "has another unit"),
    "another-measure": (lambda: (snapshot(DAYS[0], measure=Measure.TOKEN), facts()), "has another measure"),
    "of-the-future": (lambda: (snapshot(datetime.now(UTC) + timedelta(days=40)), facts()), "is of the future"),
    "of-another-chain's-holders": (lambda: (snapshot(DAYS[0]), OTHER_ADDRESS), "is no .*of bech32:akash"),
    "total-of-another": (
        lambda: (snapshot(DAYS[0]), replace(facts(), reported={"validators": 60})),
        "rows add up to 90, the chain reports 60",
    ),
    "a-hidden-name": (lambda: (snapshot(DAYS[0], endpoint="https://\u202eelpmaxe.dcl"), facts()), "is no text of ours"),
}


@each("name", HELD)
def test_a_month_that_no_reading_could_have_landed_is_refused_by_name(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data, (make, why) = tmp_path_factory.mktemp("wrong"), HELD[name]
    one, told = make()
    Landing(data / "theirs").land_months([(replace(one, reported=told.reported), told)])
    came = taken(Server(forged(data / "theirs")), data / "mine")
    [said] = came.refused
    assert re.search(f"{one.reading}/{one.block.time:%Y-%m}.*{why}", said), said
    assert landed(data / "mine") == {}


def test_simulated_facts_are_refused(tmp_path: Path) -> None:
    data = tmp_path / SAMPLE
    Landing(data).land_months([(snapshot(DAYS[0], simulated=True), facts())])
    [why] = taken(Server(forged(data)), tmp_path / "mine").refused
    assert f"block {height(DAYS[0])} is simulated" in why


def test_a_block_of_a_number_beyond_its_time_is_refused(tmp_path: Path) -> None:
    """It would be the newest of its reading for ever, and no later one would be read."""
    land(tmp_path / "mine", [(snapshot(DAYS[2]), facts())])
    late = snapshot(DAYS[0])
    late = replace(late, block=replace(late.block, height=10**12))
    Landing(tmp_path / "theirs").land_months([(replace(late, reported={"validators": 90}), facts())])
    [why] = taken(Server(forged(tmp_path / "theirs")), tmp_path / "mine").refused
    assert f"block {10**12} would be of 2026-09-10" in why


def test_a_schema_that_is_not_known_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as later:
        later.setattr(landed_files, "SCHEMA_VERSION", 6)
        Landing(tmp_path / "theirs").land_months([(snapshot(DAYS[0]), facts())])
        told = forged(tmp_path / "theirs")
    [why] = taken(Server(told), tmp_path / "mine").refused
    assert "has schema version 6; this program knows 1 to 5" in why


def test_rows_that_have_not_the_hash_that_is_told_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as lying:
        lying.setattr(landed_files, "_hash", lambda _: "0" * 64)
        Landing(tmp_path / "theirs").land_months([(snapshot(DAYS[0]), facts())])
        told = forged(tmp_path / "theirs")
    [why] = taken(Server(told), tmp_path / "mine").refused
    assert "are not those it tells of" in why


def test_a_file_whose_seal_is_broken_is_refused_though_the_package_is_right(shelf: Path, tmp_path: Path) -> None:
    told = files(shelf / "archive")
    package = json.loads(told[PACKAGE])
    one = package["resources"][0]
    spoilt = flipped(told[one["path"]])
    digest = hashlib.sha256(spoilt).hexdigest()
    path = f"landing/{MONTHS[0].removesuffix('.parquet')}.{digest[:12]}.parquet"
    one.update(path=path, hash=f"sha256:{digest}")
    came = taken(Server({**told, path: spoilt, PACKAGE: json.dumps(package).encode()}), tmp_path)
    assert "is torn: its bytes are not those that were written" in came.refused[0]
    assert list(landed(tmp_path)) == [MONTHS[1]]


def test_a_package_that_tells_of_other_snapshots_than_a_file_holds_is_refused(shelf: Path, tmp_path: Path) -> None:
    told = repackaged(
        files(shelf / "archive"), lambda package: package["resources"][0]["snapshots"][0].update(height=7)
    )
    assert "holds other snapshots than the package tells of" in taken(Server(told), tmp_path).refused[0]


# What is cut off.


@pytest.mark.parametrize("ranges", [True, False])
def test_a_file_that_is_cut_off_again_and_again_comes_whole(ranges: bool, shelf: Path, tmp_path: Path) -> None:
    """It goes on where it was; of a server that cannot, it begins again."""
    told, cuts = files(shelf / "archive"), [1000]

    def cut(request: Request) -> Raw | None:
        return cut_after(told[request.path[1:]], cuts.pop()) if cuts and "2026-10" in request.path else None

    server = Server(told, ranges=ranges, mood=cut)
    came = taken(server, tmp_path)
    assert (came.silent, came.refused, rows(tmp_path)) == ([], [], rows(shelf / "data"))


def test_a_file_that_is_another_one_meanwhile_is_begun_again_and_never_mixed(shelf: Path, tmp_path: Path) -> None:
    told = files(shelf / "archive")
    name = next(name for name in told if "2026-10" in name)
    part = Landing(tmp_path).folder / "_arriving" / f"{hashlib.sha256(told[name]).hexdigest()}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(flipped(told[name])[:1000])
    assert taken(Server(told), tmp_path).refused == []
    assert rows(tmp_path) == rows(shelf / "data")
    assert not part.parent.exists()


def test_what_has_come_in_part_is_gone_on_with_by_the_next_run(shelf: Path, tmp_path: Path) -> None:
    told = files(shelf / "archive")
    came = taken(sending(shelf, lambda content: cut_after(content, 1000)), tmp_path)
    assert len(came.silent) == 1
    asked: list[str] = []

    def heard(request: Request) -> None:
        asked.append(request.headers.get("range", ""))

    taken(Server(told, mood=heard), tmp_path)
    assert asked == ["", "bytes=1000-"]
    assert rows(tmp_path) == rows(shelf / "data")
