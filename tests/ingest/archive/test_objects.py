"""Which stores are used, and what is said where one cannot be."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote
from xml.sax.saxutils import escape

import pytest

from ingest.archive.objects import ArchiveDown, Objects
from ingest.settings import WrongSetting
from tests.conftest import ROOT
from tests.worlds.moving_chain import called
from tests.worlds.object_store import NOON, Bucket, land
from tests.worlds.servers import Raw, Reply, Request, serving

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "testsecret"}
ARCHIVE = "s3://bucket/deai"


class Careless:
    """A store of our own that heeds whichever condition it is told to, and writes over in place of the others."""

    def __init__(self, heeds: tuple[str, ...]) -> None:
        self.heeds = heeds
        self.files: dict[str, bytes] = {}

    def answer(self, request: Request) -> Reply | Raw:
        name = unquote(request.path).removeprefix("/bucket").lstrip("/")
        held = self.files.get(name)
        match request.method:
            case "PUT":
                return self._put(name, held, request)
            case "POST":
                keys = re.findall(r"<Key>(.*?)</Key>", request.body.decode())
                for key in keys:
                    self.files.pop(key, None)
                told = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
                return Reply(
                    f"<DeleteResult>{told}</DeleteResult>".encode(), headers={"content-type": "application/xml"}
                )
            case _ if not name:
                found = sorted(one for one in self.files if one.startswith(request.params["prefix"]))
                return Reply(self._list(found), headers={"content-type": "application/xml"})
            case _ if held is None:
                return Reply(b"<Error><Code>NoSuchKey</Code></Error>", status=404)
        return Reply(held or b"", headers=self._headers(held or b""))

    def _put(self, name: str, held: bytes | None, request: Request) -> Reply:
        wanted, unless = request.headers.get("if-match"), request.headers.get("if-none-match")
        if unless and held is not None and "if-none-match" in self.heeds:
            return Reply(b"", status=412)
        if wanted and "if-match" in self.heeds and (held is None or wanted != self._headers(held)["etag"]):
            return Reply(b"", status=412)
        self.files[name] = request.body
        return Reply(b"", headers=self._headers(request.body))

    def _headers(self, held: bytes) -> dict[str, str]:
        tag = hashlib.sha256(held).hexdigest()
        return {"etag": f'"{tag}"', "last-modified": "Tue, 01 Dec 2026 05:00:00 GMT"}

    def _list(self, names: list[str]) -> bytes:
        told = "".join(
            f"<Contents><Key>{escape(name)}</Key><LastModified>2026-12-01T05:00:00.000Z</LastModified>"
            f"<ETag>{escape(self._headers(self.files[name])['etag'])}</ETag><Size>{len(self.files[name])}</Size></Contents>"
            for name in names
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{told}</ListBucketResult>".encode()


@pytest.mark.parametrize(
    ("heeds", "code", "said"),
    [
        ((), 2, "does not heed If-None-Match"),
        (("if-match",), 2, "does not heed If-None-Match"),
        (("if-none-match",), 2, "does not heed If-Match"),
        (("if-match", "if-none-match"), 0, "1 files pushed"),
    ],
)
def test_an_invented_store_that_writes_over_is_refused_at_the_first_push(
    tmp_path: Path, heeds: tuple[str, ...], code: int, said: str
) -> None:
    pytest.importorskip("obstore", reason="obstore is not installed (requirements-archive.txt): no archive is tried")
    land(tmp_path, NOON)
    store = Careless(heeds)
    with serving(store.answer) as address:
        told = called(tmp_path, "push", DEAI_ARCHIVE=ARCHIVE, AWS_ENDPOINT_URL=address, **KEYS)
    assert told[0] == code, told
    assert said in " ".join(told[2].replace("│", " ").split())
    # Nothing is left of the trial, and nothing was pushed to one that is refused.
    assert [name for name in store.files if "probe" in name] == []
    assert len(store.files) == (0 if code else 2)


def test_an_invented_store_that_others_use_already_is_tried_by_each_host(tmp_path: Path) -> None:
    pytest.importorskip("obstore", reason="obstore is not installed (requirements-archive.txt): no archive is tried")
    a, b = tmp_path / "a", tmp_path / "b"
    store = Careless(("if-match", "if-none-match"))
    with serving(store.answer) as address:
        environment = {"DEAI_ARCHIVE": ARCHIVE, "AWS_ENDPOINT_URL": address, **KEYS}
        for data in (a, b):
            land(data, NOON)
        assert called(a, "push", **environment)[0] == 0
        store.heeds = ()
        before = dict(store.files)
        code, _, errors = called(b, "push", **environment)
        assert code == 2
        assert "does not heed If-None-Match" in " ".join(errors.replace("│", " ").split())
        assert called(b, "pull", **environment)[0] == 0
        assert called(b, "push", **environment)[0] == 2
    assert store.files == before


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"DEAI_ARCHIVE": "bucket/prefix", **KEYS}, "no address such as s3://bucket/prefix"),
        ({"DEAI_ARCHIVE": "https://archive.example", **KEYS}, "a static copy can only be followed"),
        ({"DEAI_ARCHIVE": "s3://", **KEYS}, "no address such as s3://bucket/prefix"),
        ({"DEAI_ARCHIVE": "s3://bucket/../up", **KEYS}, "no address such as s3://bucket/prefix"),
        ({"DEAI_ARCHIVE": "s3://user:sesame@bucket", **KEYS}, "no address such as s3://bucket/prefix"),
        ({"DEAI_ARCHIVE": ARCHIVE}, "needs AWS_ACCESS_KEY_ID"),
        ({"DEAI_ARCHIVE": ARCHIVE, "AWS_ENDPOINT_URL": "http://store.example", **KEYS}, "by http only on this machine"),
        ({}, "no archive is named"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_told_in_one_sentence(
    tmp_path: Path, environment: Mapping[str, str], said: str
) -> None:
    pytest.importorskip("obstore", reason="obstore is not installed (requirements-archive.txt): no archive is tried")
    code, _, errors = called(tmp_path, "push", **environment)
    assert code == 2
    assert said in " ".join(errors.replace("│", " ").split())
    assert "sesame" not in errors
    assert "testsecret" not in errors
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["push", "pull", "publish", "follow", "disputes", "run", "prune"])
def test_without_obstore_a_command_that_needs_it_says_so_and_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    code, _, errors = called(tmp_path, command, DEAI_ARCHIVE=ARCHIVE, **KEYS)
    assert code == 2
    assert "needs requirements-archive.txt" in " ".join(errors.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_run_without_an_archive_imports_no_obstore(tmp_path: Path) -> None:
    program = "import sys, ingest.__main__; sys.exit('obstore' in sys.modules)"
    environment = {**os.environ, "DEAI_DATA": str(tmp_path)}
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, check=False).returncode == 0


@pytest.mark.slow
def test_a_bucket_that_is_not_there_is_no_empty_archive(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    objects = Objects("s3://no-such-bucket/deai")
    asked = (
        lambda: objects.read("manifest.json"),
        lambda: objects.fetch("landing/x", tmp_path / "x", 10),
        lambda: objects.create("manifest.json", b""),
        lambda: list(objects.listed("landing")),
    )
    for ask in asked:
        with pytest.raises(ArchiveDown, match="s3://no-such-bucket/deai: NoSuchBucket"):
            ask()


@pytest.mark.slow
def test_names_come_back_as_they_were_given(bucket: Bucket) -> None:
    objects = bucket.objects()
    names = [f"landing/fet/eip155:1/a@b-{sign}_.c/{place}.parquet" for place, sign in enumerate("aZ9")]
    for name in names:
        assert objects.create(name, b"x")
    assert sorted(one.name for one in objects.listed("landing")) == sorted(names)
    objects.remove(names)
    assert list(objects.listed("landing")) == []


def test_an_address_of_http_is_followed_on_this_machine_alone() -> None:
    pytest.importorskip("obstore", reason="obstore is not installed (requirements-archive.txt): no archive is tried")
    Objects("http://127.0.0.1:1/archive")
    Objects("https://archive.example/deai")
    with pytest.raises(WrongSetting, match="by http only on this machine"):
        Objects("http://archive.example/deai")
