"""Many dashboards that follow one mart, each with a data folder of its own, behind nginx and without a browser."""

import json
import os
import shutil
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from ingest.archive.static import publish_archive
from ingest.networks import networks
from ingest.publication import build
from store.mart import current, generation
from tests.browser.site import served
from tests.worlds.moving_chain import called
from tests.worlds.servers import nginx

pytestmark = pytest.mark.slow
HOSTS = 2
NAME = "observatory.example"


@dataclass(frozen=True)
class Hosts:
    """Whoever publishes, the archive, the hosts that follow it with their processes, and the front before them."""

    publisher: Path
    archive: Path
    source: str
    data: Sequence[Path]
    processes: Sequence[int]
    front: str

    def publish(self) -> int:
        """Build and archive another generation; its number."""
        build(self.publisher, networks())
        publish_archive(self.publisher, self.archive)
        return generation(current(self.publisher))

    def follow(self) -> None:
        """Let each host take the mart, as its cron does."""
        for data in self.data:
            code, _, errors = called(data, "mirror", self.source, "--marts-only")
            assert code == 0, errors

    def asked(self, path: str) -> bytes:
        """What readers get through the front."""
        with urlopen(Request(self.front + path, headers={"Host": NAME}), timeout=60) as answer:
            assert answer.status == 200
            return bytes(answer.read())

    def generations(self) -> set[int]:
        """Which generations readers see, each host being asked in turn."""
        return {json.loads(self.asked("/data/latest.json"))["generation"] for _ in range(2 * HOSTS)}


@pytest.fixture
def hosts(hamlet: Path, tmp_path: Path) -> Iterator[Hosts]:
    publisher, archive = Path(shutil.copytree(hamlet, tmp_path / "publisher")), tmp_path / "archive"
    publish_archive(publisher, archive)
    data = [tmp_path / f"host-{number}" for number in range(HOSTS)]
    with ExitStack() as running:
        (tmp_path / "files").mkdir()
        source = running.enter_context(nginx(tmp_path / "files", f"root {archive};"))
        for folder in data:
            assert called(folder, "mirror", source, "--marts-only")[0] == 0
        allowed = {"STREAMLIT_SERVER_ALLOWED_HOSTS": f"{NAME} 127.0.0.1"}
        up = [
            running.enter_context(served("server.py", {"DEAI_DATA": str(folder), **allowed}, hosts=NAME))
            for folder in data
        ]
        upstream = "".join(f"server {address.removeprefix('http://')} max_fails=1;" for address, _ in up)
        (tmp_path / "front").mkdir()
        passed = "location / { proxy_pass http://dashboards; proxy_set_header Host $http_host; }"
        front = running.enter_context(nginx(tmp_path / "front", passed, f"upstream dashboards {{ {upstream} }}"))
        yield Hosts(publisher, archive, source, data, [process for _, process in up], front)


def test_hosts_that_took_one_mart_answer_one_can_die_and_a_new_generation_reaches_all(hosts: Hosts) -> None:
    first = generation(current(hosts.publisher))
    assert hosts.generations() == {first}
    pages = {hosts.asked("/power?net=akash") for _ in range(HOSTS)}
    assert all(b"Akash" in page for page in pages)
    second = hosts.publish()
    hosts.follow()
    assert hosts.generations() == {second} != {first}
    os.kill(hosts.processes[1], signal.SIGKILL)
    assert hosts.generations() == {second}
    assert b"Akash" in hosts.asked("/power?net=akash")
