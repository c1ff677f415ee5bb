"""A claim's word follows from what was read, reading by reading; what was not read, or was invented, says nothing."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.networks import networks
from ingest.publication import build
from publish import claims
from questions import claims as questions
from store import reference
from store.faults import BadData
from store.landing import SAMPLE, Landing
from store.mart import Mart
from store.reference import CLAIMS, CONFIRMED, CONTRADICTED, NOT_READ, NOT_VERIFIABLE, OTHER_READING
from store.rows import Facts, Kind, Measure, frame, holdings, observation
from tests.conftest import ROOT
from tests.worlds.each import each
from tests.worlds.hamlet import snapshot

pytestmark = pytest.mark.wide

JANUARY, APRIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
DAY = timedelta(days=1)
TAO = 10**9
PLAIN: dict[str, Any] = {
    "claim": "a", "reading": "b", "sentence": "S", "says": "T", "plain": True, "network": "bittensor", "measure": "m",
    "period_start": date(2026, 1, 1), "period_end": date(2026, 3, 31), "claimed": 128.0, "unit": "subnets",
    "bound": "near", "tolerance": 0.0, "formula": "newest", "subject": "bittensor/subnets_registered", "word": "",
    "falsifier": "f", "ambiguity": "", "public": "p", "who": "w", "kind": "press", "source": "s",
    "recorded_at": date(2026, 11, 29), "checked_at": None,
}  # fmt: skip


def told(landing: Landing, network: str, reading: str, time: datetime, *rows: dict[str, Any], **more: object) -> None:
    """Land observations of one block."""
    one = snapshot(network, "chain", reading, Kind.OBSERVATIONS, time, **more)
    landing.land(one, Facts(frame(Kind.OBSERVATIONS, list(rows))))


def counted(landing: Landing, time: datetime, registered: int, issued: int, **more: object) -> None:
    """A block of Bittensor: its subnets and its supply."""
    subnets = observation("subnets_registered", time, registered, "subnets")
    told(landing, "bittensor", "chain", time, subnets, observation("issuance", time, issued, "rao"), **more)


def priced(landing: Landing, usd: float, days: int = 90) -> None:
    """A closing price of every day, by two sources that agree."""
    for source in ("defillama", "coingecko"):
        rows = [
            observation("price_usd", JANUARY + day * DAY, usd, "usd", subject="TAO", source=source)
            for day in range(1, days + 1)
        ]
        told(landing, "prices", f"closes_{source}", APRIL, *rows)


def spent(landing: Landing, usd: float, *, first: date = date(2025, 1, 1), gap: date | None = None) -> None:
    """The console's daily history until the end of the quarter."""
    days = pl.date_range(first, date(2026, 3, 31), eager=True).to_list()
    rows = [
        observation("dailyUUsdSpent", datetime(day.year, day.month, day.day, tzinfo=UTC), usd * 1e6, "1e-6 usd")
        for day in days
        if day != gap
    ]
    told(landing, "akash_console", "spend_history", APRIL, *rows)


def staked(landing: Landing, *tokens: int) -> None:
    """Coldkeys with so many TAO each on the last day of the quarter."""
    one = snapshot("bittensor", "chain", "stake", Kind.HOLDINGS, APRIL - DAY, measure=Measure.STAKE, unit="rao")
    rows = [("coldkeys", "0x" + f"{place:02x}" * 32, amount * TAO) for place, amount in enumerate(tokens, start=1)]
    landing.land(one, Facts(holdings(rows)))


def seated(landing: Landing) -> None:
    """Four equal validators: two of them have a third."""
    one = snapshot("akash", "akashnet-2", "consensus", Kind.HOLDINGS, APRIL, measure=Measure.VOTING_POWER, unit="power")
    landing.land(one, Facts(holdings([("validators", f"akashvaloper1{place}", 25) for place in range(4)])))


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mart]:
    """128 subnets, 324,000 new TAO at 250 dollars, 2,811 dollars a day, a coldkey with 1,000,000 TAO."""
    data = tmp_path_factory.mktemp("claims")
    landing = Landing(data)
    counted(landing, JANUARY, 129, 10_000_000 * TAO)
    counted(landing, APRIL - timedelta(hours=1), 128, 10_324_000 * TAO)
    priced(landing, 250.0)
    spent(landing, 2_811.0)
    staked(landing, 1_000_000, 400_000)
    seated(landing)
    path, _ = build(data, networks())
    with Mart(path) as opened:
        yield opened


def answered(mart: Mart, **row: Any) -> dict[str, Any]:
    """The row of the table `claim_reading` for one reading."""
    found = claims.rows(mart, pl.DataFrame([{**PLAIN, **row}], schema=CLAIMS))
    return found.row(0, named=True)


SPEND = {"formula": "sum_of_days", "subject": "akash_console/dailyUUsdSpent", "unit": "USD", "tolerance": 0.15}
UNTIL = {**SPEND, "formula": "sum_until"}
ISSUED = {"formula": "issued_usd", "subject": "bittensor/issuance", "unit": "USD"}
LARGEST = {"formula": "largest_usd", "subject": "stake/coldkeys", "unit": "USD", "bound": "needs"}
FEWEST = {"formula": "fewest_to_force", "subject": "", "network": "akash", "bound": "at_most"}


@pytest.mark.parametrize(
    ("row", "measured", "word"),
    [
        ({}, 128, CONFIRMED),
        ({"plain": False}, 128, OTHER_READING),
        ({"claimed": 127.0}, 128, CONTRADICTED),
        ({**SPEND, "claimed": 253_000.0}, 252_990, CONFIRMED),
        ({**SPEND, "claimed": 5_000_000.0, "bound": "at_least"}, 252_990, CONTRADICTED),
        ({**UNTIL, "claimed": 1_300_000.0, "bound": "at_least", "plain": False}, 455 * 2_811, OTHER_READING),
        ({**ISSUED, "claimed": 81_000_000.0}, 324_000 * 250, CONFIRMED),
        ({**ISSUED, "claimed": 43_000_000.0, "tolerance": 0.15}, 324_000 * 250, CONTRADICTED),
        ({**LARGEST, "claimed": 210_000_000.0}, 250_000_000, NOT_VERIFIABLE),
        ({**LARGEST, "claimed": 251_000_000.0}, 250_000_000, CONTRADICTED),
        # Without labels the two could be one party's.
        ({**FEWEST, "claimed": 1.0}, 2, NOT_VERIFIABLE),
        ({**FEWEST, "claimed": 2.0}, 2, CONFIRMED),
        ({**FEWEST, "claimed": 3.0, "bound": "at_least"}, 2, CONTRADICTED),
    ],
)
def test_the_word_follows_from_the_numbers(mart: Mart, row: dict[str, Any], measured: float, word: str) -> None:
    found = answered(mart, **row)
    assert (found["measured"], found["word"]) == (pytest.approx(measured), word)
    times = questions.behind(mart, found["snapshots"])["time"].to_list()
    assert abs(max(times) - found["measured_at"]) <= timedelta(days=1)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"subject": "bittensor/subnets_emitting"}, "bittensor/subnets_emitting was not read between 2026-01-01 and"),
        ({"period_end": date(2025, 12, 31), "period_start": date(2025, 1, 1)}, "was not read between"),
        ({**SPEND, "period_end": date(2026, 4, 1)}, "90 of 91 days of akash_console/dailyUUsdSpent were read"),
        (
            {**SPEND, "period_start": date(2026, 4, 1), "period_end": date(2026, 4, 1)},
            "0 of 1 day of akash_console/dailyUUsdSpent were read",
        ),
        (
            {**UNTIL, "period_start": date(2024, 12, 31)},
            "were read since 2025-01-01, all from 2024-12-31 to 2026-03-31 are needed",
        ),
        ({**UNTIL, "period_end": date(2026, 4, 1)}, "all from 2026-01-01 to 2026-04-01 are needed"),
        ({**ISSUED, "period_end": date(2026, 6, 30)}, "was not read on 2026-01-01 and 2026-06-30"),
        ({**LARGEST, "subject": "stake/hotkeys"}, "stake/hotkeys was not read in the week before 2026-04-01"),
        ({**FEWEST, "network": "fetch"}, "how few can force something is not rated"),
    ],
)
def test_what_was_not_read_is_not_read_yet_and_says_what_is_missing(
    mart: Mart, row: dict[str, Any], reason: str
) -> None:
    found = answered(mart, **row)
    assert (found["word"], found["measured"], found["measured_at"]) == (NOT_READ, None, None)
    assert reason in found["note"]


def test_a_formula_that_nobody_knows_is_refused_by_the_claim(mart: Mart) -> None:
    with pytest.raises(BadData, match=r"^claims\.toml: T has no formula newset; known: newest, "):
        answered(mart, formula="newset")


def test_a_word_of_a_person_stays_as_it_is(mart: Mart) -> None:
    found = answered(mart, formula="", claimed=None, word="self-reported")
    assert (found["word"], found["measured"], found["snapshots"]) == ("self-reported", None, "[]")


def word_of(data: Path, claim: str, reading: str) -> str:
    """What the mart of a folder calls one reading of data/reference/claims.toml, after a build."""
    path, _ = build(data, networks())
    with Mart(path) as found:
        return str(questions.claims(found).filter(claim=claim, reading=reading)["word"].item())


@pytest.mark.slow
def test_a_change_of_the_data_changes_the_word(tmp_path: Path) -> None:
    landing, words = Landing(tmp_path), []
    words.append(word_of(tmp_path, "tao-subnets", "registered"))
    for hours, registered in ((0, 128), (1, 127)):
        counted(landing, APRIL + timedelta(hours=hours), registered, TAO)
        words.append(word_of(tmp_path, "tao-subnets", "registered"))
    assert words == [NOT_READ, OTHER_READING, CONTRADICTED]


# The signers of the sudo key, as data/reference/entities.toml labels them.
SIGNERS = (
    "0x5a8a1f7734939a7c6f14d01f9e0f37e113b59cd112bf950fa366477beb5b530b",
    "0x9eccc758568cb56698cc2a080de694c6cf4aa3f2a6e50f34c4d7ed9efddf5d3c",
    "0xc093a4ba3a8668b3880842f7b10f868317c8beadefd71047d3b1474c0c830606",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("signers", "word"), [(SIGNERS, OTHER_READING), ([f"0x{place:064x}" for place in (1, 2, 3)], NOT_VERIFIABLE)]
)
def test_that_one_party_can_change_the_rules_follows_from_who_holds_the_keys(
    tmp_path: Path, signers: Sequence[str], word: str
) -> None:
    landing, day = Landing(tmp_path), APRIL + 30 * DAY
    one = snapshot("bittensor", "chain", "control_keys", Kind.HOLDINGS, day, measure=Measure.CONTROL, unit="keys")
    landing.land(one, Facts(holdings([("sudo", key, 1) for key in signers])))
    said = {"rule": "sudo", "sudo_signers": "verified", "sudo_threshold": "2"}
    told(landing, "bittensor", "control", day, *[observation(name, day, text, "") for name, text in said.items()])
    assert word_of(tmp_path, "covenant-exit", "theatre") == word


@pytest.mark.slow
def test_invented_data_neither_confirm_nor_contradict(tmp_path: Path) -> None:
    counted(Landing(tmp_path / SAMPLE), APRIL, 128, TAO, simulated=True)
    path, _ = build(tmp_path / SAMPLE, networks())
    with Mart(path) as found:
        rows = questions.claims(found).filter(pl.col("formula") != "")
        assert set(rows["word"]) == {NOT_READ}
        assert claims.SIMULATED in rows["note"].to_list()


@pytest.mark.slow
def test_a_gap_in_the_days_gives_no_sum(tmp_path: Path) -> None:
    spent(Landing(tmp_path), 2_811.0, gap=date(2026, 2, 2))
    assert word_of(tmp_path, "akash-revenue", "q1-2026") == NOT_READ


# --- the rule ---------------------------------------------------------------------------------------------------------


@each("measured", [0.0, 84.9, 85.0, 99.9, 100.0, 115.0, 115.1, 1e9])
@each("bound", reference.BOUNDS)
@each("plain", [True, False])
def test_the_rule_is_the_table_of_the_docs(measured: float, bound: str, plain: bool) -> None:
    found = claims.word(measured, 100.0, bound=bound, tolerance=0.15, plain=plain)
    enough, not_too_much = measured >= 85, measured <= 115
    holds = {"near": enough and not_too_much, "at_most": not_too_much}.get(bound, enough)
    if not holds:
        assert found == CONTRADICTED
    else:
        assert found == (NOT_VERIFIABLE if bound == "needs" else CONFIRMED if plain else OTHER_READING)


def table(heading: str) -> list[list[str]]:
    """The rows of the table below a heading of docs/claims.md, cells as text."""
    text = (ROOT / "docs" / "claims.md").read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip(" `") for cell in cells] for cells in lines[2:]]


def test_the_docs_have_every_word_bound_and_formula_in_their_order() -> None:
    assert {word for word, *_ in table("The words")} == set(reference.WORDS)
    assert [bound for bound, *_ in table("The rule")] == list(reference.BOUNDS)
    assert [name for name, *_ in table("The formulas")] == list(claims.FORMULAS)


# --- the file ---------------------------------------------------------------------------------------------------------


def test_every_formula_of_the_file_is_known_and_every_formula_is_used() -> None:
    assert set(reference.claims()["formula"]) - {""} == set(claims.FORMULAS)


def test_every_claim_has_a_plain_reading_a_source_and_what_would_refute_it() -> None:
    rows = reference.claims()
    assert set(rows.filter("plain")["claim"]) == set(rows["claim"])
    assert rows["source"].str.starts_with("https://").all()
    assert (rows["falsifier"].str.len_chars() > 20).all()
    assert not set(rows["network"]) - set(networks())
