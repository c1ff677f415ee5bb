"""What looks like an answer of the chain and is none: other digits, blocks of the future, an exchanged chain."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from urllib3.util import Retry

from ingest.evm.node import EvmChain
from ingest.job import Outcome, read_network
from ingest.network import DAILY, HOURLY, InParts, Network, Reading
from ingest.networks import akash, fet, grass
from ingest.substrate.node import SubstrateChain
from ingest.transport import Http
from store.faults import SourceDown
from store.landed import contents
from store.landing import Landing
from store.rows import Facts, Kind, Measure, frame, holdings, observation
from tests.conftest import ROOT
from tests.ingest.evm.test_node import NOW, head, served  # noqa: F401 - a fixture
from tests.ingest.substrate.test_node import CLOCK, at_head
from tests.worlds.evm_provider import Provider, result
from tests.worlds.good import good
from tests.worlds.good.clock import NOW as GOOD_NOW
from tests.worlds.lcd import ONE, STAKING, State, Validator, chain, valoper
from tests.worlds.servers import Reply, Request, serving
from tests.worlds.substrate_server import GENESIS, Node

Answer = Callable[[Request], Reply]
STATE = State([Validator(1, 10**6, 10**6 * ONE)])
# 1234567 in Arabic-Indic digits, which Python's int takes.
ARABIC = "١٢٣٤٥٦٧"


def ran(network: Network, data: Path, *endpoints: str) -> list[Outcome]:
    """What becomes of the readings of a network at these endpoints."""
    with pytest.MonkeyPatch.context() as patch, Http(10_000, Retry(0)) as http:
        patch.setenv(f"{network.name.upper()}_URL", ",".join(endpoints))
        return read_network(network, network.readings, http, Landing(data), lambda _: None)


def only(network: Network, *names: str) -> Network:
    return replace(network, readings=tuple(one for one in network.readings if one.name in names))


def test_digits_of_another_script_are_no_amount_on_a_cosmos_chain(tmp_path: Path) -> None:
    def answer(request: Request) -> Reply:
        reply = chain(STATE)(request)
        return (
            replace(reply, body=_with(reply.body, "tokens", ARABIC)) if request.path.endswith("/validators") else reply
        )

    with serving(answer) as address:
        (outcome,) = ran(only(akash.NETWORK, "validators"), tmp_path, address)
    assert (outcome.error, ARABIC in outcome.message) == ("SourceDown", True)


def _with(body: Any, name: str, value: str) -> Any:
    """A body in which every field of a name has another value."""
    if isinstance(body, list):
        return [_with(one, name, value) for one in body]
    if isinstance(body, dict):
        return {key: value if key == name else _with(one, name, value) for key, one in body.items()}
    return body


@pytest.mark.parametrize("amount", ["0x" + "٠" * 63 + "٧", b'{"jsonrpc":"2.0","id":1,"result":"0x\\u0661"}'])
def test_digits_of_another_script_are_no_amount_on_an_evm_chain(amount: Any) -> None:
    def mood(_: int, method: str) -> Reply | None:
        answered = amount if isinstance(amount, bytes) else {"jsonrpc": "2.0", "id": 1, "result": amount}
        return Reply(answered) if method == "eth_getStorageAt" else None

    with serving(Provider(mood=mood)) as url, pytest.raises(SourceDown, match="no hexadecimal ones"):
        head(url).slot("0x" + "ab" * 20, 0)


def test_digits_of_another_script_are_no_height_on_a_substrate_chain(runtime: bytes) -> None:
    node = Node(runtime, 424, spoil={"chain_getHeader": lambda _: {"number": "0x" + ARABIC}})
    with pytest.raises(SourceDown, match="no hexadecimal ones"), at_head(node):
        pass


def test_no_pattern_takes_the_digits_of_every_script() -> None:
    files = list(ROOT.glob("ingest/**/*.py"))
    assert len(files) > 40
    assert [file.name for file in files if "\\d" in file.read_text() or ".isdigit()" in file.read_text()] == []


AHEAD = timedelta(minutes=4)


def test_a_block_ahead_of_the_clock_is_refused_by_every_protocol(runtime: bytes, tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    with serving(chain(replace(STATE, time=now + AHEAD))) as address:
        (outcome,) = ran(only(akash.NETWORK, "validators"), tmp_path, address)
    assert (outcome.error, "is at block" in outcome.message) == ("SourceDown", True)
    with serving(Provider()) as url, pytest.raises(SourceDown, match=r"the newest block .* is of"):
        head(url, clock=NOW - AHEAD)
    with serving(Node(runtime, 424).answer) as url, Http(10_000) as http:
        early = SubstrateChain(GENESIS, (), clock=lambda: CLOCK - AHEAD)
        with pytest.raises(SourceDown, match="is at block"):
            early.head(http, [url])
    solana = good(grass.NETWORK)
    with serving(solana.answer) as url, Http(10_000) as http:
        behind: Any = replace(solana.network.chain, clock=lambda: GOOD_NOW - AHEAD)  # type: ignore[type-var]
        with pytest.raises(SourceDown, match="is at slot"):
            behind.head(http, [url])


@pytest.mark.parametrize("location", ["https://127.0.0.1:9/", "https://127.0.0.1/", "https://127.0.0.1:99999/"])
def test_a_redirect_to_another_port_of_the_host_is_refused(location: str) -> None:
    redirect = Reply(b"", 302, {"location": location})
    with serving(lambda _: redirect) as address, Http(1000) as http, pytest.raises(SourceDown, match="redirects to"):
        http.get(address)


def test_a_gateway_that_leads_to_another_chain_meanwhile_lands_nothing(tmp_path: Path) -> None:
    told: list[str] = []

    def answer(request: Request) -> Reply:
        if request.path.endswith("/node_info"):
            told.append(request.path)
            return chain(replace(STATE, chain_id="akashnet-2" if len(told) == 1 else "sandbox-2"))(request)
        return chain(STATE)(request)

    with serving(answer) as address:
        outcomes = ran(only(akash.NETWORK, "validators", "names"), tmp_path, address)
    assert {outcome.error for outcome in outcomes} == {"SourceDown"}
    assert f"{address} became a node of sandbox-2 while akashnet-2 was read" in outcomes[0].message
    assert Landing(tmp_path).files() == []
    # Once before, once after, whatever the number of readings.
    assert len(told) == 2


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (Reply(b"", 503), "503"),
        (Reply(b"<html>"), "without JSON"),
        (Reply({}), "default_node_info"),
        (Reply({"default_node_info": {"network": 7}}), "network"),
    ],
)
def test_a_node_that_restarts_when_all_is_read_costs_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, after: Reply, why: str
) -> None:
    told: list[str] = []

    def answer(request: Request) -> Reply:
        if request.path.endswith("/node_info"):
            told.append(request.path)
            if len(told) > 1:
                return after
        return chain(STATE)(request)

    with serving(answer) as address:
        outcomes = ran(only(akash.NETWORK, "validators", "names"), tmp_path, address)
    assert {outcome.error for outcome in outcomes} == {""}
    assert len(Landing(tmp_path).files()) == 2
    (doubt,) = [line for line in caplog.messages if "not proved again" in line]
    assert doubt.startswith(f"akash: not proved again, what it told before is kept: {address}")
    assert why in doubt


def test_a_provider_that_comes_to_have_another_block_lands_nothing(tmp_path: Path) -> None:
    asked: list[str] = []

    def read(node: Any) -> Facts:
        asked.append("read")
        node.slot("0x" + "ab" * 20, 0)
        return Facts(frame(Kind.OBSERVATIONS, [observation("slot", node.block.time, 1, "")]))

    def mood(_: int, method: str) -> Reply | None:
        return result("0x" + "00" * 32) if method == "eth_getStorageAt" else None

    evm = EvmChain("eip155:1", (), pauses=(), clock=lambda: NOW)
    readings = (Reading("slots", Kind.OBSERVATIONS, None, "", DAILY, read),)
    network = replace(fet.NETWORK, chain=evm, readings=readings)
    with serving(Provider(mood=mood, hashes=lambda height: f"0x{height + (2**200 if asked else 0):064x}")) as url:
        (outcome,) = ran(network, tmp_path, url)
    assert (outcome.error, "came to have 0x0000" in outcome.message) == ("SourceDown", True)
    assert Landing(tmp_path).files() == []


@pytest.mark.slow
def test_a_long_reading_is_resumed_at_a_young_block_only(tmp_path: Path) -> None:
    """A fault that lasts would hold it at its block for ever; a vote's last hours are not the next vote's."""
    now = datetime.now(UTC).replace(microsecond=0)
    read_at: list[int] = []

    def read(node: Any, memo: Callable[[str, Callable[[], pl.DataFrame]], pl.DataFrame]) -> Facts:
        memo("part", lambda: pl.DataFrame({"a": [1]}))
        read_at.append(node.block.height)
        raise SourceDown("one part fails whenever it is asked")

    for every, ages, blocks in (
        (DAILY, (0, 60, 119, 121), [998, 998, 998, 998 + 1210]),
        (HOURLY, (0, 59, 61), [998, 998, 998 + 610]),
    ):
        read_at.clear()
        network = replace(
            akash.NETWORK, readings=(Reading("parts", Kind.OBSERVATIONS, None, "", every, InParts(read)),)
        )
        for minutes in ages:
            state = replace(STATE, head=1000 + 10 * minutes, time=now - timedelta(minutes=max(ages) - minutes))
            with pytest.MonkeyPatch.context() as patch, serving(chain(state)) as address:
                patch.setattr("ingest.cosmos.lcd.OLDEST_HEAD", timedelta(days=1))
                ran(network, tmp_path / f"{every.days}", address)
        assert read_at == blocks


def test_after_a_failover_an_endpoint_is_not_its_own_witness(tmp_path: Path) -> None:
    dead: list[str] = []

    def first(request: Request) -> Reply:
        if request.path == f"{STAKING}/pool":
            dead.append(request.path)
        return Reply(b"", 500) if dead else chain(STATE)(request)

    with serving(first) as one, serving(chain(STATE)) as other:
        outcomes = ran(only(akash.NETWORK, "validators", "supply", "names"), tmp_path, one, other)
    landed = [each.snapshot for path in Landing(tmp_path).files() for each in contents(path)]
    assert dead
    assert {outcome.reading for outcome in outcomes if not outcome.error} == {each.reading for each in landed}
    assert {(each.endpoint, each.witness) for each in landed} <= {(one, other), (other, one)}
    assert (other, one) in {(each.endpoint, each.witness) for each in landed}


# --- facts that contradict each other ---------------------------------------------------------------------------------

HELD = State([Validator(1, 100, 100 * ONE)], [(7, 1, 60 * ONE), (8, 1, 40 * ONE)])


def lying(state: State) -> Answer:
    """Of the validator more shares than its delegators have: each answer by itself can be true."""
    more = replace(state, validators=[replace(one, shares=one.shares + ONE) for one in state.validators])

    def answer(request: Request) -> Reply:
        return chain(more if request.path.endswith("/validators") else state)(request)

    return answer


def test_what_contradicts_itself_is_read_anew_led_by_the_next_endpoint(tmp_path: Path) -> None:
    wanted = only(akash.NETWORK, "delegators")
    with serving(lying(HELD)) as bad, serving(chain(HELD)) as good:
        assert [one.error for one in ran(wanted, tmp_path / "both", bad, good)] == [""]
        (outcome,) = ran(wanted, tmp_path / "alone", bad)
    (landed,) = Landing(tmp_path / "both").files()
    (facts,) = contents(landed)
    assert facts.snapshot.endpoint == good
    assert outcome.error == "SourceDown"
    assert outcome.message.startswith(f"{bad}/cosmos/staking/v1beta1/validators/")
    assert "100000000000000000000 of 101000000000000000000 e-18 shares" in outcome.message
    # No part that was refused is kept for the next run.
    assert not list((tmp_path / "alone").rglob("*.parquet"))


def test_what_the_network_refuses_is_read_anew_with_nothing_remembered(tmp_path: Path) -> None:
    """Invented readings: the second lands, at the same block, what the first one's refusal made it ask again."""
    told: list[str] = []

    def first(node: Any) -> Facts:
        told.append(node.endpoint)
        amount = node.get(f"{STAKING}/pool", lambda body: int(body["pool"]["bonded_tokens"]))
        return Facts(holdings([("validators", valoper(1), 100)]), {"validators": amount})

    def second(node: Any) -> Facts:
        amount = node.get(f"{STAKING}/pool", lambda body: int(body["pool"]["bonded_tokens"]))
        return Facts(frame(Kind.OBSERVATIONS, [observation("pool", node.block.time, amount, "uakt")]))

    readings = (
        Reading("first", Kind.HOLDINGS, Measure.STAKE, "uakt", DAILY, first),
        Reading("second", Kind.OBSERVATIONS, None, "", DAILY, second),
    )
    pool = {"pool": {"bonded_tokens": "7", "not_bonded_tokens": "0"}}
    with serving(chain(replace(HELD, bodies={f"{STAKING}/pool": pool}))) as bad, serving(chain(HELD)) as good:
        outcomes = ran(replace(akash.NETWORK, readings=readings), tmp_path, bad, good)
        (refused,) = ran(replace(akash.NETWORK, readings=readings[:1]), tmp_path / "alone", bad)
    assert [one.error for one in outcomes] == ["", ""]
    assert told == [bad, good, bad]
    rows = [pl.read_parquet(path) for path in Landing(tmp_path).files()]
    assert [one["exact"].to_list() for one in rows if "exact" in one.columns] == [["100"]]
    assert refused.message == f"{bad}: validators: rows add up to 100, the chain reports 7"
