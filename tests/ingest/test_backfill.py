"""History from nodes that keep old states: one block a day, found by its time, read once, at one endpoint."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import Retry

from ingest.backfill import FAILURES, Backfill, Calendar, Day, Lacking, Period, lacking, readable, untold
from ingest.bittensor.subnets import PALLET
from ingest.network import Archive as OfArchive
from ingest.network import Forgetful, InParts, Memo, Network
from ingest.networks import bittensor, networks
from ingest.substrate.node import Substrate, SubstrateChain
from ingest.transport import Http
from store.faults import Cause, ReadingError, SourceDown
from store.landed import contents
from store.landing import Landing
from store.mart import opened
from store.rows import Block, Facts, holdings
from tests.worlds.archives import HEAD, POOL, STATE, Archive, archived
from tests.worlds.bittensor_world import World
from tests.worlds.each import each
from tests.worlds.examples import examples
from tests.worlds.families import families
from tests.worlds.lcd import account, failure
from tests.worlds.moving_chain import begun, called
from tests.worlds.servers import Reply, Request
from tests.worlds.substrate_server import GENESIS, Node, blob, serves

pytestmark = pytest.mark.wide

PERIOD = Period(date(2025, 11, 20), date(2025, 11, 22))
READINGS = [reading for reading in bittensor.READINGS if reading.name in ("chain", "subnets", "subnet_emission")]
DAY = timedelta(days=1)
TODAY = datetime.now(UTC).date()
WEEK = Period(TODAY - 7 * DAY, TODAY - DAY)


@pytest.fixture
def world(runtime: bytes) -> World:
    made = World(Node(runtime, 424))
    made.subnet(1)
    made.root()
    return made


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(per_second=1e6, patience=Retry(0)) as session:
        yield session


def finney(url: str, *urls: str) -> Network:
    clock = datetime(2025, 11, 22, 8, 27, tzinfo=UTC)
    chain = SubstrateChain(GENESIS, (url, *urls), clock=lambda: clock)
    return Network("bittensor", "Bittensor", "model", "TAO", "rao", 9, "ss58:42", chain, tuple(READINGS))


def read(network: Network, landing: Landing, http: Http, period: Period = PERIOD) -> list[Day]:
    """What became of all days that lack something."""
    days = list(lacking(network, readable(network), period, landing))
    return list(Backfill([network], http).read(days, landing))


def failures(days: Sequence[Day]) -> list[str]:
    return [outcome.message for day in days for outcome in day.outcomes if outcome.error]


@pytest.mark.slow
def test_each_day_is_landed_under_its_own_block_and_time(world: World, http: Http, tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    with serves(world.node) as url:
        days = read(finney(url), landing, http)
    assert [day.moment.date() for day in days] == [date(2025, 11, day) for day in (22, 21, 20)]
    assert failures(days) == []
    files = landing.files()
    assert len(files) == 3 * len(READINGS)
    assert {path.stem for path in files} == {str(day.height) for day in days}
    assert [later.height - day.height for later, day in pairwise(days) if later.height and day.height] == [7200, 7200]


@pytest.mark.slow
def test_what_has_landed_is_not_asked_for_again(world: World, http: Http, tmp_path: Path) -> None:
    with serves(world.node) as url:
        read(finney(url), Landing(tmp_path), http)
        asked = len(world.node.asked)
        assert read(finney(url), Landing(tmp_path), http) == []
    assert len(world.node.asked) == asked


@pytest.mark.slow
def test_a_reading_that_a_runtime_cannot_give_stops_no_other(shared: Path, http: Http, tmp_path: Path) -> None:
    old = World(Node(blob(shared, 240), 240))
    for netuid in (b"\0\0", b"\1\0"):
        old.put("NetworksAdded", [netuid], b"\1")
    old.put("TotalNetworks", [], b"\2\0")
    for pallet, total in ((PALLET, "TotalStake"), (PALLET, "TotalIssuance"), ("Balances", "TotalIssuance")):
        old.put(total, [], b"\1" * 8, pallet=pallet)
    wanted = tuple(reading for reading in bittensor.READINGS if reading.name in ("alpha_emission", "chain"))
    with serves(old.node) as url:
        days = read(replace(finney(url), readings=wanted), Landing(tmp_path), http)
    found = {outcome.reading: outcome.error for outcome in days[0].outcomes}
    assert found == {"chain": "", "alpha_emission": "SourceDown"}


def test_a_node_that_has_forgotten_the_period_is_source_down(world: World, http: Http, tmp_path: Path) -> None:
    world.node.oldest = world.node.height - 300
    with serves(world.node) as url:
        days = read(finney(url), Landing(tmp_path), http)
    assert {day.height for day in days} == {None}
    first, *others = failures(days)
    assert "keeps no block before 6999700 of 2025-11-22 07:26" in first
    assert set(others) == {first, "no endpoint is left that may keep the states of that day"}
    # Found once; the days before are older still.
    assert len(world.node.asked) < 60


def test_the_first_block_of_each_day_is_read(http: Http, tmp_path: Path) -> None:
    node = Archive()
    with archived(node) as (akash, _):
        days = read(akash, Landing(tmp_path), http, WEEK)
    assert {day.moment: day.height for day in days} == {moment: node.of_day(moment) for moment in WEEK.moments}
    assert failures(days) == []


@pytest.mark.slow
def test_what_landed_at_another_hour_of_a_day_stands_for_the_day(http: Http, tmp_path: Path) -> None:
    node, landing = Archive(), Landing(tmp_path)
    with archived(node) as (akash, _):
        noon = Lacking(akash, WEEK.moments[2] + DAY / 2, DAY, readable(akash))
        list(Backfill([akash], http).read([noon], landing))
        days = read(akash, landing, http, WEEK)
    assert [day.moment for day in days] == [moment for moment in WEEK.moments if moment != WEEK.moments[2]]


def test_endpoints_share_the_days_and_each_day_stays_with_one(http: Http, tmp_path: Path) -> None:
    nodes = [Archive(), Archive(), Archive()]
    with archived(*nodes) as (akash, urls):
        days = read(akash, Landing(tmp_path), http, WEEK)
    assert failures(days) == []
    assert Counter(day.endpoint for day in days) == {url: len(node.read) for url, node in zip(urls, nodes, strict=True)}
    assert sorted(height for node in nodes for height in node.read) == sorted(map(nodes[0].of_day, WEEK.moments))
    # What a day costs is what its own endpoint was asked for it, whatever the others do meanwhile.
    for url, node in zip(urls, nodes, strict=True):
        assert sum(day.requests for day in days if day.endpoint == url) == len(node.asked)


@pytest.mark.slow
@each(("blocks", "states"), [(HEAD - 100, HEAD - 100), (1, HEAD - 100)])
def test_a_pruned_endpoint_gives_what_it_keeps_and_the_others_the_rest(
    blocks: int, states: int, tmp_path: Path
) -> None:
    pruned, whole = Archive(blocks, states), Archive()
    landing = Landing(tmp_path / str(blocks))
    with archived(pruned, whole) as (akash, urls), Http(per_second=1e6, patience=Retry(0)) as http:
        days = read(akash, landing, http, WEEK)
    assert failures(days) == []
    assert {day.endpoint for day in days if day.over and day.height and day.height < states} == {urls[1]}
    # One day shows that it keeps none that are older: no more is asked of it.
    assert len({height for height, _ in pruned.asked if 0 < height < states}) <= 1
    assert len(landing.files()) == 2 * len(WEEK.moments)


def test_where_nobody_keeps_old_states_it_is_said_after_few_questions(http: Http, tmp_path: Path) -> None:
    nodes = [Archive(HEAD - 10, HEAD - 10), Archive(1, HEAD - 10)]
    half_a_year = Period(TODAY - 182 * DAY, TODAY - DAY)
    with archived(*nodes) as (akash, _):
        days = read(akash, Landing(tmp_path), http, half_a_year)
    assert [day.height for day in days if day.over] == [None] * 182
    said = failures(days)
    assert any("keeps no block before 950" in text or "version does not exist" in text for text in said)
    assert sum(len(node.asked) for node in nodes) < 60


@pytest.mark.slow
def test_an_endpoint_that_fails_gives_its_days_back_and_is_left_out(http: Http, tmp_path: Path) -> None:
    broken, whole = Archive(mood=lambda _: Reply(b"<html>", 500)), Archive()
    period = Period(TODAY - 20 * DAY, TODAY - DAY)
    with archived(broken, whole) as (akash, urls):
        days = read(akash, Landing(tmp_path), http, period)
    assert failures(days) == []
    over = [day for day in days if day.over]
    assert sorted(day.moment for day in over) == sorted(period.moments)
    assert {day.endpoint for day in over} == {urls[1]}
    # The first question of each of a few days, no more.
    assert len(broken.asked) == FAILURES


def test_an_archive_that_stands_still_gives_the_days_before(http: Http, tmp_path: Path) -> None:
    """Its newest block is ten days old; of the days since then nobody is asked who has them."""
    still = Archive(state=replace(STATE, time=STATE.time - 10 * DAY))
    period = Period(TODAY - 14 * DAY, TODAY - DAY)
    with archived(still) as (akash, _):
        days = read(akash, Landing(tmp_path), http, period)
    # In the first hour of a day its first block is the newest one, which is not final yet.
    kept = {moment: still.of_day(moment) for moment in period.moments[9:]}
    assert {day.moment: day.height for day in days if day.height} == {
        moment: height for moment, height in kept.items() if height < HEAD
    }
    assert all("has the newest final block" in message for message in failures(days))


def test_what_two_endpoints_cannot_read_of_a_day_no_third_is_asked_for(http: Http, tmp_path: Path) -> None:
    def refuses(request: Request) -> Reply | None:
        return failure(500, 2, "internal") if request.path == POOL else None

    nodes = [Archive(mood=refuses) for _ in range(3)]
    with archived(*nodes) as (akash, _):
        past = Backfill([akash], http)
        first, *others = lacking(akash, readable(akash), WEEK, Landing(tmp_path))
        days = list(past.read([first], Landing(tmp_path)))
        assert [[outcome.reading for outcome in day.outcomes] for day in days] == [["consensus"], ["validators"]]
        assert sum(bool(node.asked) for node in nodes) == 2
        assert sum(path == POOL for node in nodes for _, path in node.asked) == 2
        # Of other days the second is spared.
        list(past.read(others, Landing(tmp_path)))
    assert sum(path == POOL for node in nodes for _, path in node.asked) == 2 + len(others)


def test_days_of_a_long_reading_keep_their_parts_apart(http: Http, tmp_path: Path) -> None:
    landing, cut = Landing(tmp_path), [True]

    def slowly(node: Substrate, memo: Memo) -> Facts:
        """Invented: a part, then a fault at its first try."""
        part = memo("a", lambda: holdings([("miners", account(1), node.block.height)]))
        if cut and cut.pop():
            raise SourceDown("was cut off")
        return Facts(part)

    node = Archive()
    with archived(node) as (akash, _):
        long = replace(akash.readings[0], name="long", read=InParts(slowly), partial=True)
        slow = replace(akash, readings=(long,))
        first, *_ = Backfill([slow], http).read(list(lacking(slow, (long,), WEEK, landing)), landing)
        assert [outcome.error for outcome in first.outcomes] == ["SourceDown"]
        (again,) = Backfill([slow], http).read(list(lacking(slow, (long,), WEEK, landing)), landing)
    assert [outcome.error for outcome in again.outcomes] == [""]
    amounts = {
        int(path.stem): landing.read(path, contents(path)[0].snapshot.key)["amount"][0] for path in landing.files()
    }
    assert amounts == {height: height for height in map(node.of_day, WEEK.moments)}
    assert not list((tmp_path / "landing" / "_parts").rglob("*.parquet"))


def test_what_a_day_took_tells_what_the_others_cost(tmp_path: Path) -> None:
    nodes = [Archive(), Archive()]
    with archived(*nodes) as (akash, _), Http(per_second=1000) as http:
        first, *rest = lacking(akash, readable(akash), WEEK, Landing(tmp_path))
        past = Backfill([akash], http)
        (day,) = past.read([first], Landing(tmp_path))
        cost = past.cost(rest)
    assert (cost.requests, cost.endpoints) == (6 * day.requests, 2)
    assert cost.duration == timedelta(seconds=round(3 * day.requests / 1000))


def test_every_family_has_a_past_or_says_why_not() -> None:
    for network in families().values():
        if isinstance(network.chain, OfArchive):
            assert readable(network), network.name
        else:
            assert isinstance(network.chain, Forgetful), network.name
            assert network.chain.no_past
            assert untold(network) == {network.chain.no_past: ()}


def test_every_reading_is_read_of_the_past_or_is_named_with_a_reason() -> None:
    for network in networks().values():
        if isinstance(network.chain, OfArchive):
            told = {name for names in untold(network).values() for name in names}
            read_of_it = {one.name for one in readable(network)}
            assert told | read_of_it == {one.name for one in network.readings}
            assert not told & read_of_it


class Told:
    """A chain whose blocks have times of our choice, of which heights below `least` are kept no more."""

    def __init__(self, times: Sequence[int], least: int = 1) -> None:
        self.times, self.least, self.asked = times, least, 0

    def newest(self) -> Block:
        return self.block(len(self.times))

    def block(self, height: int) -> Block:
        self.asked += 1
        if height < self.least:
            raise SourceDown(f"lowest height is {self.least}").of(Cause.LACKS)
        return Block(height, str(height), datetime.fromtimestamp(self.times[height - 1], UTC))

    def at(self, height: int) -> Substrate:
        # A calendar asks for blocks alone: whoever asks for a state fails.
        raise NotImplementedError(height)


@examples(60)
@given(
    gaps=st.lists(st.sampled_from((1, 6, 6, 6, 7, 600, 90_000)), min_size=1, max_size=300),
    least=st.integers(1, 300),
    moments=st.lists(st.integers(0, 2_000_000), min_size=1, max_size=5),
)
def test_the_first_block_from_a_moment_on_is_found_however_unevenly_they_come(
    gaps: list[int], least: int, moments: list[int]
) -> None:
    times = [sum(gaps[: place + 1]) for place in range(len(gaps))]
    told = Told(times, min(least, len(times)))
    calendar = Calendar(told, "told")
    for moment in moments:
        found = next((height for height, time in enumerate(times, 1) if time >= moment), None)
        kept = found is not None and (found > told.least or found == told.least == 1)
        asked = datetime.fromtimestamp(moment, UTC)
        if kept:
            assert calendar.first_from(asked).height == found
        else:
            with pytest.raises(SourceDown, match="keeps no block before" if found else "has the newest final block"):
                calendar.first_from(asked)
    assert told.asked <= 50 * len(moments)


@examples(60)
@given(times=st.lists(st.integers(0, 1_000), min_size=1, max_size=200), moment=st.integers(0, 1_000))
def test_whatever_an_endpoint_says_of_its_blocks_it_is_not_asked_for_ever(times: list[int], moment: int) -> None:
    """Of times in no order: a block that its own words put there, or an error of ours."""
    told, asked = Told(times), datetime.fromtimestamp(moment, UTC)
    calendar = Calendar(told, "told")
    with suppress(ReadingError):
        found = calendar.first_from(asked)
        assert found.time >= asked
        assert found.height == 1 or told.block(found.height - 1).time < asked
    assert told.asked < 50


def test_a_day_of_even_blocks_is_found_in_few_questions() -> None:
    told = Told([6 * height for height in range(1, 1_000_001)])
    calendar = Calendar(told, "told")
    for days in range(1, 31):
        moment = datetime.fromtimestamp(6_000_000 - 86_400 * days + 3, UTC)
        assert calendar.first_from(moment).time - moment < timedelta(seconds=6)
    assert told.asked < 30 * 3


def told_of(tmp_path: Path, *options: str, **urls: str) -> tuple[int, str]:
    """Exit code and what is said of a backfill of Akash's validators and their power."""
    named = ("--network", "akash", "--reading", "validators", "--reading", "consensus")
    code, _, errors = called(tmp_path, "backfill", *named, *options, **urls)
    return code, errors


@pytest.mark.slow
def test_the_command_reads_half_a_year_and_publishes_it_then_nothing(tmp_path: Path) -> None:
    nodes = [Archive(), Archive()]
    with archived(*nodes) as (_, urls):
        code, errors = told_of(tmp_path, "--weeks", "1", AKASH_URL=",".join(urls))
        assert code == 0, errors
        assert "akash: 7 days lack something" in errors
        assert "6 days more take about" in errors
        asked = [len(node.asked) for node in nodes]
        code, errors = told_of(tmp_path, "--weeks", "1", AKASH_URL=",".join(urls))
    assert (code, [len(node.asked) for node in nodes]) == (0, asked)
    assert "akash: 0 days lack something" in errors
    with opened(tmp_path) as mart:
        times = mart.table("SELECT DISTINCT time::DATE AS day FROM snapshot JOIN metric m ON m.snapshot = id")
    assert sorted(times["day"]) == [TODAY - number * DAY for number in range(7, 0, -1)]


def test_a_dry_run_says_what_it_costs_and_lands_nothing(tmp_path: Path) -> None:
    node = Archive()
    with archived(node) as (_, (url,)):
        code, errors = told_of(tmp_path, "--dry-run", AKASH_URL=url)
    assert code == 0, errors
    assert "181 days more take about" in errors
    assert len(node.read) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["ingest.lock"]


def test_where_nobody_serves_a_day_it_is_not_reckoned_from_refusals_what_the_others_take(tmp_path: Path) -> None:
    code, errors = told_of(tmp_path, "--dry-run", "--weeks", "1", AKASH_URL="http://127.0.0.1:9")
    assert code == 4
    assert "nobody served a day: what 6 more take is not known" in errors
    assert "more take about" not in errors


@pytest.mark.slow
def test_each_run_of_cron_takes_some_days_more_until_all_stand(tmp_path: Path) -> None:
    pool: list[int] = []

    def refuses(request: Request) -> Reply | None:
        if request.path == POOL:
            pool.append(1)
            return failure(500, 2, "internal")
        return None

    node = Archive(mood=refuses)
    with archived(node) as (_, (url,)):
        found = []
        for _ in range(3):
            code, errors = told_of(tmp_path, "--weeks", "1", "--most", "4", AKASH_URL=url)
            found.append((code, len(Landing(tmp_path).files())))
    # A day that was read in part is not asked for again and again: only somebody who comes by does that.
    assert found == [(3, 4), (3, 7), (0, 7)], errors
    assert len(pool) == 7


def test_what_of_the_past_cannot_be_read_is_said(tmp_path: Path) -> None:
    node = Archive()
    with archived(node) as (_, (url,)):
        _, errors = told_of(tmp_path, "--weeks", "1", "--dry-run", AKASH_URL=url)
        assert "akash: not of the past: open_proposals, votes, proposals, past_votes: all proposals" in errors
        assert "akash: not of the past: delegators: they take long: name them with --reading" in errors
        wrong = {
            ("--network", "grass"): "grass cannot be read at past days: nodes of Solana",
            ("--network", "cudos"): "cudos cannot be read at past days: it has no chain",
            ("--network", "akash", "--reading", "votes"): "votes of akash cannot be read at past days: all proposals",
            ("--network", "akash", "--reading", "stake"): "'stake' is no reading",
        }
        for options, said in wrong.items():
            code, _, errors = called(tmp_path, "backfill", *options, AKASH_URL=url)
            assert code == 2
            assert said in " ".join(errors.replace("│", " ").split())


@pytest.mark.slow
def test_where_nothing_could_be_read_the_command_says_so(tmp_path: Path) -> None:
    code, errors = told_of(tmp_path, "--weeks", "1", AKASH_URL="http://127.0.0.1:9")
    assert code == 4
    assert "127.0.0.1:9: refused the connection" in errors


@pytest.mark.slow
def test_a_backfill_that_was_killed_goes_on_with_what_is_lacking(tmp_path: Path) -> None:
    """Killed at a question in the midst of a day; what landed before is not asked for again."""
    reached = threading.Event()

    def after_five(_: Request) -> Reply | None:
        if len(node.read) > 5:
            reached.set()
            time.sleep(30)
        return None

    node = Archive(mood=after_five)
    options = ("backfill", "--network", "akash", "--weeks", "2", "--reading", "validators", "--reading", "consensus")
    with archived(node) as (_, (url,)):
        with begun(tmp_path, *options, AKASH_URL=url) as process:
            assert reached.wait(60)
            process.kill()
        whole = Counter(path.stem for path in Landing(tmp_path).files())
        node.mood, node.asked = lambda _: None, []
        code, _, errors = called(tmp_path, *options, AKASH_URL=url)
    assert code == 0, errors
    assert len(whole) >= 5
    assert not node.read & {int(height) for height, readings in whole.items() if readings == 2}
    assert Counter(Counter(path.stem for path in Landing(tmp_path).files()).values()) == {2: 14}
