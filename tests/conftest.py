"""What all tests share: where real data lies, and which skips are expected."""

import atexit
import gc
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import settings

from ingest.cosmos import lcd as cosmos
from ingest.dictionary import tells, unlisted
from ingest.network import Network, Reading
from store.rows import Facts
from tests.worlds.examples import few

# The same examples in every run, and no deadline: tests do not measure time. A fast run takes a fifth of them.
settings.register_profile("observatory", derandomize=True, deadline=None, max_examples=100)
settings.register_profile("fast", derandomize=True, deadline=None, max_examples=20)
settings.load_profile("observatory")
FAST = "not slow and not wide"
LEFT = re.compile(r"^pytestmark = pytest\.mark\.(slow|wide)$", re.MULTILINE)
# CPU seconds: far above the line from which a test is to be marked slow, since on crowded cores all take longer.
TOLD_ABOVE = 0.2
# Compiled modules are kept for the next run and for the commands that tests start, also where the machine forbids it:
# to compile them again is half of the time that a fast run takes to begin.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# What is imported stays until the end; to look through it for garbage again and again is half of a worker's beginning.
gc.disable()

COLLECTED = datetime.now(UTC)
MAIN = sys.modules["__main__"]
ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("DEAI_SHARED", ROOT.parent / "shared" / "data"))


# What a machine without a GPU, without the subtensor chain spec and without a peer's checkout must skip; no more.
EXPECTED_SKIPS = (
    "no CUDA device",
    "CuPy is not installed",
    "could not import 'cupy'",
    "needs SUBTENSOR_SPEC",
    "needs EDI_PATH",
)
STRICT = os.environ.get("DEAI_SKIPS") == "expected"
skips: dict[str, str] = {}
# What a test tells of itself beside that it passed: how many cases it tried.
counts: list[str] = []
# Fast tests by the CPU seconds that they took, where these are too many.
dear: dict[str, float] = {}


def pytest_configure(config: pytest.Config) -> None:
    """A fast run is content with fewer examples."""
    if config.option.markexpr == FAST:
        settings.load_profile("fast")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the tests that ask public endpoints to `make live`, which enables sockets on purpose.

    Recorded answers are replayed where DEAI_RECORDED names them. A fast run does not even import a module of which it
    tries nothing.
    """
    live = collection_path == ROOT / "tests/live"
    if live and not config.getoption("--force-enable-socket"):
        return True
    if collection_path == ROOT / "tests/replay" and not os.environ.get("DEAI_RECORDED"):
        return True
    return True if config.option.markexpr == FAST and _left_whole(collection_path) else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Of a test with many cases a fast run tries a few, none that looks at a published world; before the shuffle."""
    if config.option.markexpr == FAST:
        cases: dict[str, list[pytest.Item]] = defaultdict(list)
        for item in items:
            # To build the world takes a worker as long as fifty of its tests.
            if "hamlet" not in getattr(item, "fixturenames", ()):
                cases[item.nodeid.partition("[")[0]].append(item)
        tried = {item for some in cases.values() for item in few(some)}
        config.hook.pytest_deselected(items=[item for item in items if item not in tried])
        kept = [item for item in items if item in tried]
        items[:] = kept
    yield


def pytest_collection_finish() -> None:
    """From here on garbage is looked for in what tests make, no longer in what was imported."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    """At the end what was imported goes as well: libraries tell of what is left of theirs, after pytest's last line.

    To look through all of it takes a second; the end of a worker, where nothing else is told, is silent instead.
    """
    if hasattr(config, "workerinput"):
        atexit.register(os.dup2, os.open(os.devnull, os.O_WRONLY), 2)
    else:
        gc.unfreeze()


def _left_whole(path: Path) -> bool:
    """Whether a fast run tries nothing in a place."""
    return path == ROOT / "tests/browser" or (path.suffix == ".py" and LEFT.search(path.read_text()) is not None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Of a fast test it is told what it took of the processor; how long it waited says nothing on a busy machine."""
    before = process_time()
    try:
        yield
    finally:
        item.user_properties.append(("took", process_time() - before))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember each skip and its reason, how many cases a test tried, and what it took."""
    if report.when == "call":
        told = dict(report.user_properties)
        counts.extend([str(told["tried"])] if "tried" in told else [])
        if isinstance(took := told.get("took"), float) and took > TOLD_ABOVE:
            dear[report.nodeid] = took
    if report.skipped and isinstance(report.longrepr, tuple):
        skips[report.nodeid] = report.longrepr[2].removeprefix("Skipped: ")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a strict run in which a test was skipped for a reason that is not expected."""
    if STRICT and any(not reason.startswith(EXPECTED_SKIPS) for reason in skips.values()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print how many cases were tried, each skip with its reason, and what takes too long for a fast run."""
    for test in sorted(dear, key=dear.__getitem__) if config.option.markexpr == FAST else ():
        terminalreporter.write_line(f"{dear[test]:.1f} s of the processor for a fast test: {test}")
    for line in sorted(counts):
        terminalreporter.write_line(line)
    for test, reason in sorted(skips.items()):
        mark = "" if reason.startswith(EXPECTED_SKIPS) else "UNEXPECTED " if STRICT else ""
        terminalreporter.write_line(f"{mark}skip {test}: {reason}")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real chain data and recorded answers beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("real data (../shared/data) is not on this machine")
    return SHARED


@pytest.fixture(scope="session")
def runtime() -> bytes:
    """Metadata of Bittensor's runtime: of spec 424 where it is at hand, else as much of it as readings ask for."""
    from tests.worlds.own_runtime import own_runtime
    from tests.worlds.substrate_server import blob

    return blob(SHARED, 424) if SHARED.is_dir() else own_runtime()


@pytest.fixture(scope="session")
def hamlet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Data folder of the small world of tests/worlds/hamlet.py, published."""
    from tests.worlds.hamlet import build_hamlet
    from ui import served

    data = tmp_path_factory.mktemp("hamlet")
    build_hamlet(data)
    yield data
    # Pages keep a connection a generation; DuckDB complains about one that is open when Python ends.
    served.forget()


@pytest.fixture(scope="session", autouse=True)
def no_power_cuts(pytestconfig: pytest.Config) -> Iterator[None]:
    """A fast run does not wait until the disk has what was written: it would a thousand times."""
    with pytest.MonkeyPatch.context() as patch:
        if pytestconfig.option.markexpr == FAST:
            patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_components() -> Iterator[None]:
    """Streamlit reads what all installed packages say of themselves each time that a page runs; none brings a part."""
    with pytest.MonkeyPatch.context() as patch:
        if "streamlit" in sys.modules:
            patch.setattr("streamlit.components.v2.manifest_scanner.scan_component_manifests", list)
        yield


@pytest.fixture(autouse=True)
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a reading of the program tells in any test has its line in the dictionary of facts."""
    checked = Network.check

    def check(network: Network[Any], reading: Reading[Any], facts: Facts) -> None:
        checked(network, reading, facts)
        known = tells(reading)
        assert not known or unlisted(known, reading.kind, facts.rows) == [], f"{network.name} {reading.name}"

    monkeypatch.setattr(Network, "check", check)


@pytest.fixture(autouse=True)
def own_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that Streamlit ran, in a test or for a fixture, leaves itself behind as `__main__`: spawned again."""
    monkeypatch.setitem(sys.modules, "__main__", MAIN)


@pytest.fixture(autouse=True)
def young_heads(monkeypatch: pytest.MonkeyPatch) -> None:
    """The states of tests are as old as the session: one that takes half an hour must not call them stale."""
    monkeypatch.setattr(cosmos, "OLDEST_HEAD", cosmos.OLDEST_HEAD + (datetime.now(UTC) - COLLECTED))


@pytest.fixture(scope="session", autouse=True)
def no_settings() -> Iterator[None]:
    """Loopback servers are asked directly, and what the machine sets for the program is not heeded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        for name in list(os.environ):
            if name.endswith("_URL") or name.startswith("DEAI_"):
                patch.delenv(name)
        yield
