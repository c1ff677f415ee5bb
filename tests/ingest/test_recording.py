"""First contact: what a network was once answered is replayed to the same facts, and any other answer is noticed."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from urllib3.util import Retry

from ingest.arweave.node import ArweaveChain
from ingest.network import Network
from ingest.networks import akash, bittensor, filecoin, networks
from ingest.recording import A_NETWORK, A_READING, BEFORE, CUT, FAILED, HEADERS, INDEX, READ, record
from ingest.stopping import Stopped
from ingest.substrate.node import SubstrateChain
from tests.conftest import ROOT
from tests.ingest.evm.test_contracts import CONTRACTS, HOLDERS
from tests.ingest.evm.test_node import NOW
from tests.ingest.offchain.test_prices import NOON, Source
from tests.ingest.substrate.test_node import CLOCK
from tests.worlds import made_up
from tests.worlds.arweave_chain import HISTORY, Small
from tests.worlds.bittensor_world import World
from tests.worlds.bundles import Recorded, bundle, replayed
from tests.worlds.evm_contracts import Contracts
from tests.worlds.evm_provider import Provider, transfer
from tests.worlds.families import uncovered
from tests.worlds.good import good
from tests.worlds.lcd import ONE
from tests.worlds.moving_chain import STATE, called, moving, moving_chain
from tests.worlds.servers import Reply, Request, serving
from tests.worlds.substrate_server import GENESIS, Node

pytestmark = pytest.mark.wide


@dataclass(frozen=True)
class Place:
    """A network, and the variables that say where it is read."""

    network: Network
    variables: dict[str, str]


def only(network: Network, *names: str) -> Network:
    return replace(network, readings=tuple(one for one in network.readings if one.name in names))


@contextmanager
def cosmos(_: bytes) -> Iterator[Place]:
    """Forty validators, and so many lists of delegations that they are cut; what the world does not serve fails."""
    many = [(number, number % 40, (number % 40 + 1) * 10**6 * ONE // 2) for number in range(80)]
    with moving_chain(replace(STATE, delegations=many)) as address:
        names = ("validators", "consensus", "names", "delegators", "economy", "oracle_price")
        yield Place(only(akash.NETWORK, *names), {"AKASH_URL": f"{address},http://127.0.0.1:9"})


@contextmanager
def substrate(runtime: bytes) -> Iterator[Place]:
    made = World(Node(runtime, 424))
    made.subnet(1)
    made.root()
    names = ("chain", "subnets", "validators", "subnet_owners", "control_keys", "grandpa", "balances")
    with serving(made.node.answer) as address:
        chain = SubstrateChain(GENESIS, (), clock=lambda: CLOCK)
        yield Place(replace(only(bittensor.NETWORK, *names), chain=chain), {"BITTENSOR_URL": address})


@contextmanager
def evm(_: bytes) -> Iterator[Place]:
    moves = [transfer(place, 0, 9, place, 7, address=made_up.TOKEN) for place in range(1, 5)]
    ranked = {"items": [{"address": {"hash": holder}, "value": "1"} for holder in HOLDERS], "next_page_params": None}
    chain = replace(made_up.NETWORK.chain, pauses=(), clock=lambda: NOW)  # type: ignore[type-var]
    with (
        serving(Contracts(CONTRACTS, Provider(logs=moves))) as address,
        serving(lambda _: Reply(ranked)) as explorer,
    ):
        network = replace(made_up.NETWORK, chain=chain)
        yield Place(network, {"MADE_UP_URL": f"{address}/v2/Key0fTheOperator", "EIP155_1_EXPLORER_URL": explorer})


@contextmanager
def off_chain(_: bytes) -> Iterator[Place]:
    prices = networks()["prices"]
    chain = replace(prices.chain, clock=lambda: NOON)  # type: ignore[type-var]
    with serving(Source().answer) as address:
        yield Place(replace(prices, chain=chain), {"PRICES_URL": f"{address},{address}/coingecko"})


@contextmanager
def weave(_: bytes) -> Iterator[Place]:
    """Two peers and a gateway, which none of the others' variables names."""
    small = Small(int(NOON.timestamp()) - 2400)
    chain = ArweaveChain("arweave.N.1", (), (), HISTORY, lambda: NOON)
    with serving(small) as gateway, serving(small) as one, serving(small) as two:
        variables = {"ARWEAVE_URL": gateway, "ARWEAVE_PEERS_URL": f"{one},{two}"}
        yield Place(replace(networks()["arweave"], chain=chain), variables)


@contextmanager
def tipsets(_: bytes) -> Iterator[Place]:
    world = good(filecoin.NETWORK)
    with serving(world.answer) as address:
        yield Place(world.network, {"FILECOIN_URL": address})


@contextmanager
def solana(_: bytes) -> Iterator[Place]:
    """All of it is asked to find the newest block: its readings ask nothing."""
    world = good(only(networks()["ionet"], "supply", "control", "control_state"))
    with serving(world.answer) as address:
        yield Place(world.network, {"IONET_URL": address})


WORLDS = {one.__name__: one for one in (cosmos, substrate, evm, off_chain, weave, tipsets, solana)}


@pytest.fixture(scope="module")
def looks(runtime: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Place, Path]]]:
    """Each world with a bundle of what it was asked and answered."""
    folders = tmp_path_factory.mktemp("recorded")
    with ExitStack() as open_ones:
        found = {name: (open_ones.enter_context(world(runtime)), folders / name) for name, world in WORLDS.items()}
        for place, folder in found.values():
            recorded(place, folder)
        yield found


def test_every_family_is_recorded(looks: dict[str, tuple[Place, Path]]) -> None:
    assert uncovered({type(place.network.chain) for place, _ in looks.values()}, "recorded world") == []


@pytest.fixture(params=WORLDS)
def look(request: pytest.FixtureRequest, looks: dict[str, tuple[Place, Path]]) -> tuple[Place, Path]:
    return looks[request.param]


@pytest.fixture
def place(look: tuple[Place, Path]) -> Place:
    return look[0]


@pytest.fixture
def folder(look: tuple[Place, Path]) -> Path:
    return look[1]


def recorded(place: Place, folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in place.variables.items():
            patch.setenv(name, value)
        record([place.network], folder, per_second=10_000, patience=Retry(0))


def of(place: Place, folder: Path) -> Recorded:
    return bundle(folder)[place.network.name]


def differing(place: Place, folder: Path) -> dict[str, str]:
    again = replayed(of(place, folder), {place.network.name: place.network})
    told = {name: again.differs(name) for name in again.recorded.readings}
    return {name: why for name, why in told.items() if why}


def test_what_was_recorded_is_replayed_to_the_same_facts(place: Place, folder: Path) -> None:
    found = of(place, folder)
    assert found.rotten() == []
    assert found.readings.keys() == {one.name for one in place.network.readings}
    assert READ in {told["became"] for told in found.readings.values()}
    assert max(told.get("questions", 0) for told in found.readings.values()) <= A_READING.requests + 1
    assert differing(place, folder) == {}


def test_another_answer_is_noticed(place: Place, folder: Path, tmp_path: Path) -> None:
    """Every digit of the answers to the first reading that landed is another one."""
    other = copied(folder, tmp_path)
    found = of(place, other)
    read = {name: told.get("file") for name, told in found.readings.items() if told["became"] == READ}
    name = next((name for name, file in read.items() if file), next(iter(read)))
    # What was asked to find the newest block may be all that was asked.
    file = read[name] or found.told[BEFORE]["file"]
    rewritten(other / file)
    assert of(place, other).rotten() == [file]
    assert name in differing(place, other)


def copied(folder: Path, to: Path) -> Path:
    for path in folder.rglob("*"):
        if path.is_file():
            place = to / path.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    return to


def rewritten(path: Path) -> None:
    """Another digit at the end of each text that has one at its end, another letter first where it is base64."""

    def turned(told: Any) -> Any:
        if isinstance(told, dict):
            return {name: turned(part) for name, part in told.items()}
        if isinstance(told, list):
            return [turned(part) for part in told]
        if isinstance(told, float):
            return told + 1
        if isinstance(told, str) and told.endswith("="):
            return f"{'B' if told[0] == 'A' else 'A'}{told[1:]}"
        return f"{told[:-1]}{(int(told[-1]) + 1) % 10}" if isinstance(told, str) and told[-1:].isdecimal() else told

    exchanges = json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
    for told in (one["answered"] for one in exchanges if "body" in one.get("answered", {})):
        told["body"] = turned(told["body"])
    content = json.dumps(exchanges).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def test_no_host_and_no_key_of_the_operators_is_in_a_bundle(place: Place, folder: Path) -> None:
    texts = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    said = b"".join(gzip.decompress(text) if text[:2] == b"\x1f\x8b" else text for text in texts)
    assert b"127.0.0.1" not in said
    assert b"Key0fTheOperator" not in said
    assert f"endpoint-1.{place.network.name.replace('_', '-')}.invalid".encode() in said


@pytest.mark.slow
def test_what_is_cut_then_is_cut_at_the_same_question_again(runtime: bytes, tmp_path: Path) -> None:
    with cosmos(runtime) as place:
        recorded(place, tmp_path / "bundle")
    told = of(place, tmp_path / "bundle").readings
    assert {name: one["became"] for name, one in told.items()} == {
        **dict.fromkeys(("validators", "consensus", "names"), READ),
        "delegators": CUT,
        **dict.fromkeys(("economy", "oracle_price"), FAILED),
    }
    # The last of them was not put any more.
    assert told["delegators"]["questions"] == A_READING.requests + 1
    rewritten(tmp_path / "bundle" / told["delegators"]["file"])
    again = replayed(of(place, tmp_path / "bundle"), {"akash": place.network})
    assert "error was 'Exhausted', is 'SourceDown'" in again.differs("delegators")


USER, PASSWORD, PATH, HOST = "canary-user", "canary-word", "Canary0fPath", "k9f3a7c1e5.rest.example"
MACHINE = "203.0.113.77"


def echoing(request: Request) -> Reply:
    """A node behind a gateway that repeats all it is asked, names itself, and says who asks."""
    echo = f"{request.path} {dict(request.headers)} at https://{USER}:{PASSWORD}@{HOST}:1317/{PATH} or {HOST}"
    named = replace(STATE, validators=[replace(one, moniker=echo) for one in STATE.validators])
    reply = moving(replace(request, path=request.path.removeprefix(f"/{PATH}")), named)
    headers = {**reply.headers, "set-cookie": f"seen={MACHINE}", "x-served-by": HOST, "via": MACHINE}
    if request.path.endswith("/node_info"):
        info = {**reply.body, "default_node_info": {**reply.body["default_node_info"], "listen_addr": MACHINE}}  # type: ignore[dict-item, index]
        return replace(reply, body=info, headers=headers)
    refusal = Reply({"code": 7, "message": f"{echo} from {MACHINE} or 2001:db8::7:77"}, 403)
    return replace(reply if reply.status == 200 else refusal, headers=headers)


@pytest.mark.slow
def test_what_a_server_repeats_of_an_operator_is_not_in_a_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = only(akash.NETWORK, "validators", "names", "economy")
    monkeypatch.setenv("SOME_NEW_URL", f"https://{USER}:{PASSWORD}@{HOST}:1317/{PATH}")
    with serving(echoing) as address:
        url = address.replace("http://", f"http://{USER}:{PASSWORD}@") + f"/{PATH}"
        recorded(Place(network, {"AKASH_URL": url}), tmp_path / "bundle")
    said = "".join(path.read_text() for path in (tmp_path / "bundle").rglob("*.json"))
    for secret in (USER, PASSWORD, PATH, HOST, "k9f3a7c1e5", "127.0.0.1", MACHINE, "2001:db8", "seen="):
        assert secret not in said, secret
    assert "endpoint-1.some-new.invalid" in said
    told = bundle(tmp_path / "bundle")["akash"]
    assert [one["became"] for one in told.readings.values()] == [READ, READ, FAILED]
    assert differing(Place(network, {}), tmp_path / "bundle") == {}


def test_a_recording_that_is_cut_off_says_so_and_is_replayed_as_far_as_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = only(akash.NETWORK, "validators", "names")

    def stop(_network: str, reading: str, _told: Any) -> None:
        raise Stopped(2)

    with moving_chain() as address:
        monkeypatch.setenv("AKASH_URL", address)
        with pytest.raises(Stopped):
            record([network], tmp_path / "bundle", stop, per_second=10_000, patience=Retry(0))
    index = json.loads((tmp_path / "bundle" / INDEX).read_text())
    assert index["status"] == "interrupted"
    assert list(index["networks"]["akash"]["readings"]) == ["validators"]
    assert differing(Place(network, {}), tmp_path / "bundle") == {}
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_a_network_of_which_nobody_answers_is_recorded_and_replayed_too(tmp_path: Path) -> None:
    network = only(akash.NETWORK, "validators", "names")
    recorded(Place(network, {"AKASH_URL": "http://127.0.0.1:9,http://127.0.0.1:7"}), tmp_path / "bundle")
    told = bundle(tmp_path / "bundle")["akash"].readings
    assert {one["error"] for one in told.values()} == {"SourceDown"}
    assert differing(Place(network, {}), tmp_path / "bundle") == {}


def test_a_folder_that_holds_something_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    code, _, errors = called(tmp_path / "data", "doctor", "--record", str(tmp_path))
    assert (code, "name a new folder" in errors) == (2, True)


@pytest.mark.slow
def test_the_command_records_and_the_suite_replays(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    with moving_chain() as address:
        asked = ("doctor", "--network", "akash", "--record", str(folder))
        code, output, _ = called(tmp_path / "data", *asked, AKASH_URL=address)
    # Validators, their power, their names and the authorities; of three more that the chain lacks the module.
    assert (code, "readings: 7 read, 0 cut, " in output) == (3, True), output
    assert not (tmp_path / "data").exists()
    told = bundle(folder)["akash"].readings
    code, output = replay(folder)
    assert (code, f"{len(told) + 1} passed" in output) == (0, True), output
    rewritten(folder / told["validators"]["file"])
    code, output = replay(folder)
    assert code == 1
    assert "test_a_reading_lands_the_facts_that_were_recorded_or_ends_as_it_did[akash-validators]" in output
    assert "test_every_file_is_as_it_was_written[akash]" in output


def replay(folder: Path) -> tuple[int, str]:
    """Exit code and output of the tests that `make test RECORDED=DIR` adds."""
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/replay", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={**os.environ, "DEAI_RECORDED": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return told.returncode, told.stdout


def test_the_manual_tells_the_bounds_the_headers_and_what_may_become_of_a_reading() -> None:
    manual = (ROOT / "docs" / "first_contact.md").read_text()
    for what, bounds in (("a reading", A_READING), ("a network", A_NETWORK)):
        assert f"| {what} | {bounds.requests} | {bounds.bytes >> 20} | {bounds.seconds / 60:.0f} |" in manual
    assert [name for name in (*HEADERS, READ, CUT, FAILED) if f"`{name}`" not in manual] == []
