"""A reader of "Migration" is told what was minted, what is left, who converted when, and what is not proved."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from ingest.networks import networks
from ingest.networks.ocean import DEAD, ESCROW, FET, MERGED, MIGRATOR, NETWORK, OCEAN, WHOLE
from ingest.publication import build
from questions import migration as facts
from store.landing import Landing
from store.mart import Mart, current
from store.rows import Block, Facts, Kind, Snapshot, frame, holdings, observation
from tests.pages.test_every_page import opened
from ui import served

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 1, tzinfo=UTC)
CONVERTED_ON = datetime(2025, 7, 1, 9, 30, tzinfo=UTC)
WHO, OTHER, *SIGNERS = (f"0x{place:040x}" for place in range(0xA1, 0xA7))
RATE = 433_226 * 10**12
SUPPLY, BURNED = 1_410_000_000, 1_135_000_000


def land(landing: Landing, reading: str, rows: pl.DataFrame, **reported: int) -> None:
    one = next(one for one in NETWORK.readings if one.name == reading)
    snapshot = Snapshot(
        network=NETWORK.name,
        chain_id="eip155:1",
        reading=reading,
        kind=one.kind,
        measure=one.measure,
        unit=one.unit,
        block=Block(25_000_000, f"{7:064x}", NOW),
        method="Invented.",
        endpoint="https://rpc.example",
        reported=reported,
    )
    landing.land(snapshot, Facts(rows, reported=reported))


def told(rows: Iterable[tuple[str, str, str | int, str]]) -> pl.DataFrame:
    """Observations of name, subject, value and unit."""
    made = [observation(name, NOW, value, unit, subject=who) for name, who, value, unit in rows]
    return frame(Kind.OBSERVATIONS, made)


def merged(*, doubt: str = "", recoverable: str = "false") -> pl.DataFrame:
    """Three tokens, of which one has a contract that is read: a supply of 1.41 billion, of which 1.135 are burned."""
    rows: list[tuple[str, str, str | int, str]] = [("new_supply", FET, 2_630_547_141 * WHOLE, "afet")]
    rows.append(("stated_before", FET, 1_152_997_575 * WHOLE, "afet"))
    for one in MERGED:
        rows += [("stated_name", one.address, one.symbol, ""), ("stated_rate", one.address, one.rate, "afet")]
        rows += [("stated_minted", one.address, one.minted, "afet")]
        rows += [("not_found", one.address, one.not_found, "")] if one.not_found else []
    cudos = MERGED[2].address
    rows += [("proof", one.address, "proved", "") for one in MERGED[:2]]
    rows.append(("proof", cudos, "not proved: its symbol, decimals and supply are not those of the token", ""))
    for one, supply, burned in zip(MERGED[:2], (SUPPLY, 300_000_000), (BURNED, 0), strict=True):
        rows += [("old_supply", one.address, supply * one.whole, one.unit)]
        rows += [("old_burned", one.address, burned * one.whole, one.unit)]
    rows += [("locked", ESCROW, 30_000_000 * WHOLE, "aocean"), ("locked_power", ESCROW, 2_000_000 * WHOLE, "aveocean")]
    rows.append(("proof", MIGRATOR, f"not proved: {doubt}" if doubt else "proved", ""))
    if not doubt:
        rows += [("old_token", MIGRATOR, OCEAN, "address"), ("conversion_ratio", MIGRATOR, RATE, "afet")]
        rows += [("burn_address", MIGRATOR, DEAD, "address"), ("migrator_owner", MIGRATOR, OTHER, "address")]
        rows += [("left", MIGRATOR, 119_137_150 * WHOLE, "afet"), ("recoverable", MIGRATOR, recoverable, "")]
    return told(rows)


def converted(unread: int = 0) -> pl.DataFrame:
    """Two conversions, by a multisig of two of four and by a key, and the curve of two months."""
    rows = [observation("unread_blocks", NOW, unread, "blocks", subject=MIGRATOR)]
    for who, time, given, block in ((WHO, CONVERTED_ON, 661_000_000, 22_800_000), (OTHER, NOW, 1_000, 24_999_999)):
        rows.append(observation("conversion", time, given * WHOLE, "aocean", subject=who))
        rows.append(observation("conversion_got", time, given * RATE, "afet", subject=who))
        rows.append(observation("conversion_block", time, block, "block", subject=who))
    for back, given in ((60, 900_000_000), (0, 1_130_000_000)):
        rows.append(observation("converted", NOW - timedelta(days=back), given * WHOLE, "aocean", subject=MIGRATOR))
    rows += [observation("account", NOW, "contract", "", subject=WHO)]
    rows += [observation("threshold", NOW, 2, "signatures", subject=WHO)]
    rows += [observation("sent_total", NOW, 286_000_000 * WHOLE, "afet", subject=WHO)]
    rows += [observation("sent_to", NOW, 2, "addresses", subject=WHO)]
    rows += [observation("sent_unread_blocks", NOW, 0, "blocks", subject=WHO)]
    rows += [observation("sent", CONVERTED_ON, 90_000_000 * WHOLE, "afet", subject=SIGNERS[0])]
    rows += [observation("signer", NOW, WHO, "address", subject=signer) for signer in SIGNERS]
    return frame(Kind.OBSERVATIONS, rows)


def land_merger(landing: Landing, *, doubt: str = "", recoverable: str = "false", unread: int = 0) -> None:
    """All that the page shows."""
    land(landing, "migration", merged(doubt=doubt, recoverable=recoverable))
    land(landing, "conversions", converted(unread))
    held = holdings([("converters", WHO, 661_000_000 * WHOLE), ("converters", OTHER, 469_000_000 * WHOLE)])
    land(landing, "converters", held, converters=BURNED * WHOLE)
    locked = holdings([("lockers", OTHER, 20_000_000 * WHOLE), ("lockers", WHO, 10_000_000 * WHOLE)])
    land(landing, "lockers", locked, lockers=30_000_000 * WHOLE)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from built(tmp_path_factory.mktemp("merger"))


def built(folder: Path, **otherwise: Any) -> Iterator[Path]:
    land_merger(Landing(folder), **otherwise)
    _, torn = build(folder, networks())
    assert not torn
    yield folder
    served.forget()


def words(page: AppTest) -> str:
    """All that a page says, without what keeps strangers' signs from being markup."""
    parts = (*page.header, *page.markdown, *page.caption, *page.info)
    return "\n".join(one.value for one in parts).replace("\\", "")


def test_a_reader_sees_what_was_minted_what_is_left_and_who_converted_when(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened("migration", data, monkeypatch)
    said = words(page)
    # 610,849,199 + 866,700,367 + 88,946,755 and a part.
    assert "1.56 billion FET were minted for three tokens that merged" in said
    assert "Before, there were 1.15 billion FET." in said
    assert "at block 25,000,000, there are 2.63 billion FET on this chain" in said
    assert "119.13 million FET are left for holders of OCEAN" in said
    assert "0.433226 FET for one OCEAN" in said
    assert "1.13 billion OCEAN lie there, which is 491.71 million FET at most" in said
    assert "275 million OCEAN could still come, which would become 119.13 million FET" in said
    assert "no function known to us that takes out what it holds" in said
    assert "One address converted 661 million OCEAN, 46.9% of all, on 1 Jul 2025" in said
    assert "is a multisig: two of four keys sign for it now" in said
    assert "Two addresses converted 1.13 billion OCEAN" in said
    assert "Every block was read." in said
    assert "Since, it has sent 286 million FET to two addresses." in said
    assert "30 million OCEAN lie in locks, by two lockers" in said
    assert "2 million veOCEAN of power are left" in said


def test_each_token_has_its_rate_its_source_and_what_is_not_known(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pl.from_pandas(opened("migration", data, monkeypatch).dataframe[0].value)
    assert rows["token"].to_list() == ["AGIX", "OCEAN", "CUDOS"]
    assert rows["rate_by"].to_list() == ["its source", "its contract", "its source"]
    assert rows["would_become"].to_list() == [130_005_000.0, 119_137_150.0, None]
    agix, ocean, cudos = rows["not_known"]
    assert agix.startswith("Not found: the contract that makes FET of it")
    assert not ocean
    assert cudos.startswith("Not proved: its symbol")
    assert "not found: the bridge" in cudos


def test_a_contract_that_is_not_proved_tells_nothing_and_the_tokens_still_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder,) = built(tmp_path, doubt="its new token is another")
    page = opened("migration", folder, monkeypatch)
    said = words(page)
    assert "What is left for conversion is not proved" in said
    assert "it is not proved: its new token is another" in said
    assert "are left for holders" not in said
    assert page.dataframe[0].value["rate_by"].to_list() == ["its source"] * 3


def test_what_somebody_can_take_out_and_blocks_that_are_not_read_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder,) = built(tmp_path, recoverable="true", unread=4_000_000)
    said = words(opened("migration", folder, monkeypatch))
    assert "a function by which an administrator takes out what it holds" in said
    assert "4,000,000 blocks are not read yet" in said


def test_the_amounts_are_whole_numbers_to_the_last_unit(data: Path) -> None:
    with Mart(current(data)) as mart:
        found = facts.migration(mart)
    assert found is not None
    assert found.converted is not None
    assert found.converted.outstanding == facts.Amount((SUPPLY - BURNED) * WHOLE, "OCEAN", 18)
    assert found.converted.becomes(facts.Amount(3, "OCEAN", 18)) == facts.Amount(1, "FET", 18), (
        "cut as the contract cuts"
    )
