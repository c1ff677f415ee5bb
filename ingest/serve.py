"""The dashboard with data behind it: what is there, else the networks' headlines, else the sample."""

import logging
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, Queue
from secrets import token_hex
from tempfile import mkdtemp
from typing import Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ingest import job, listening
from ingest.archive.mirror import Own, archive_address, archive_http, mirror_mart
from ingest.archive.signing import NotSigned
from ingest.network import Network
from ingest.networks import networks
from ingest.offchain.feed import OffChain
from ingest.publication import build
from ingest.sample.world import build_sample, side_by_side
from ingest.settings import signers
from ingest.site import write_site
from ingest.transport import Http
from store.faults import ReadingError
from store.landing import SAMPLE
from store.mart import Damaged, NoMart, Outdated, mirrored, opened, served_folder

# The variable that names the archive whose newest mart is served.
MIRROR: Final = "DEAI_MIRROR"
PATIENCE_SECONDS: Final = 15.0
SERVER: Final = Path(__file__).parent.parent / "server.py"
# As Streamlit has them where it starts the server itself; what is sent to readers is small, and they are not to wait.
OPTIONS: Final = {
    "ws": "websockets-sansio",
    "ws-per-message-deflate": "false",
    "log-level": "warning",
    "timeout-graceful-shutdown": "3",
}

log = logging.getLogger(__name__)


def serve_dashboard(data: Path, processes: int = 1) -> None:
    """Start the dashboard on what is there; the first time read the headlines, or build the sample. Does not return.

    Where DEAI_MIRROR names an archive, its newest mart is taken before.
    """
    mirror_first(data)
    try:
        _of_now(served_folder(data))
    except NoMart:
        _first_time(data)
    address = os.environ.get("STREAMLIT_SERVER_ADDRESS", "127.0.0.1")
    port = os.environ.get("STREAMLIT_SERVER_PORT", "8501")
    log.info("dashboard at http://%s:%s", f"[{address}]" if ":" in address else address, port)
    os.environ |= shared(port, processes)
    # Replaces this process: signals reach the server, and threads that still wait for a dead endpoint end with it.
    os.execv(sys.executable, command(address, port, processes))


def command(address: str, port: str, processes: int) -> list[str]:
    """What starts the server."""
    told = {"app-dir": SERVER.parent, "host": address, "port": port, "workers": processes, **OPTIONS, **_certificate()}
    options = [f"--{name}={value}" for name, value in told.items()]
    return [sys.executable, "-m", listening.__name__, f"{SERVER.stem}:app", *options, "--no-access-log"]


def shared(port: str, processes: int) -> dict[str, str]:
    """What all processes of one dashboard have alike, as their environment."""
    alike = {"STREAMLIT_SERVER_PORT": port}
    if processes > 1:
        alike["STREAMLIT_SERVER_COOKIE_SECRET"] = os.environ.get("STREAMLIT_SERVER_COOKIE_SECRET", token_hex(32))
        # Only its owner may enter it; ui/beside.py says what for.
        alike["DEAI_BESIDE"] = mkdtemp(prefix="deai-")
    return alike


def _certificate() -> dict[str, str]:
    """For whoever serves HTTPS without a proxy, by the names that Streamlit has for it."""
    told = {"ssl-certfile": "STREAMLIT_SERVER_SSL_CERT_FILE", "ssl-keyfile": "STREAMLIT_SERVER_SSL_KEY_FILE"}
    return {option: os.environ[name] for option, name in told.items() if name in os.environ}


def mirror_first(data: Path) -> None:
    """Take the newest mart of the archive that DEAI_MIRROR names; where that fails, what is here is served."""
    if not (told := os.environ.get(MIRROR, "")):
        return
    address, allowed = archive_address(told), signers()
    try:
        with job.lock(data), archive_http() as http:
            if made := mirror_mart(address, data, http, allowed):
                write_site(data)
                log.info("published %s, mirrored from %s", made.name, address)
    except (ReadingError, NoMart, NotSigned, Own, job.Locked) as error:
        log.warning("%s: what is here is served", error)


def _of_now(folder: Path) -> None:
    """Build again what an earlier version of the program published, unless another run is about to."""
    try:
        opened(folder).close()
    except Outdated as error:
        if archive := mirrored(folder):
            log.warning("%s; it was mirrored from %s, and nothing to build it from is here", error, archive)
            return
        log.info("%s, which is done now", error)
        with suppress(job.Locked), job.lock(folder):
            build(folder, networks())
            write_site(folder)
    except Damaged as error:
        log.warning(error)


def _first_time(data: Path) -> None:
    """Publish something to look at, unless another run is about to."""
    try:
        with job.lock(data):
            _first_numbers(data)
    except job.Locked as error:
        log.warning("%s: the dashboard starts empty, and shows what is published as soon as it is", error)


def _first_numbers(data: Path) -> None:
    readable = {name: one for name, one in networks().items() if one.chain and any(r.headline for r in one.readings)}
    if not someone_answers(readable, PATIENCE_SECONDS):
        log.warning("no chain endpoint answered within %.0f s: serving simulated data", PATIENCE_SECONDS)
        with job.lock(data / SAMPLE):
            build_sample(data / SAMPLE, processes=side_by_side())
            write_site(data / SAMPLE)
    else:
        headlines(data, readable)


def someone_answers(readable: Mapping[str, Network], seconds: float) -> bool:
    """Whether any chain's endpoint proves itself in time; the others are not waited for.

    A source that is no chain proves nothing before it is asked for something, so it does not count.
    """
    answers: Queue[bool] = Queue()
    chains = [one for one in readable.values() if not isinstance(one.chain, OffChain)]
    for network in chains:
        asked = (network, job.endpoints(network))
        threading.Thread(target=lambda *one: answers.put(_answers(*one)), args=asked, daemon=True).start()
    end = time.monotonic() + seconds
    try:
        return any(answers.get(timeout=max(0.0, end - time.monotonic())) for _ in chains)
    except Empty:
        return False


def _answers(network: Network, endpoints: Sequence[str]) -> bool:
    if network.chain is None:
        return False
    try:
        with Http() as http:
            network.chain.head(http, endpoints)
    except ReadingError as error:
        log.debug("%s: %s", network.name, error)
        return False
    return True


def headlines(data: Path, readable: Mapping[str, Network]) -> None:
    """Read the headline readings of all networks side by side, with a bar each, and publish them; under the lock."""
    work = [(one, tuple(r for r in one.readings if r.headline)) for one in readable.values()]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Http() as http, Progress(*columns) as progress:
        bars = {one.name: progress.add_task(one.title, total=len(wanted)) for one, wanted in work}
        report = job.run(
            data,
            work,
            http,
            started=datetime.now(UTC),
            progress=lambda outcome: progress.advance(bars[outcome.network]),
        )
    for (network, message), count in Counter((one.network, one.message) for one in report.errors).items():
        log.warning("%s: %d readings failed: %s", network, count, message)
