"""Real states of four chains, imported from files of ../shared/data, and an invented one with votes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from ingest.importer import import_as, import_file
from ingest.networks import networks
from ingest.publication import build
from ingest.told import Told
from store.landing import Landing
from tests.worlds.hamlet import cosmos
from tests.worlds.state_files import export, validator, without, written

LONG_AGO: Final = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=600)
IMPORTS: Final = {
    "cudos": ("cosmos/cudos_export_trimmed.json.gz", "cudos", datetime(2024, 9, 24, tzinfo=UTC)),
    "akashnet-1": ("cosmos/akashnet1_state_2021.json.gz", "akash_state_2021", datetime(2021, 3, 8, tzinfo=UTC)),
    "fetchhub-2": ("cosmos/fetchhub2_stage_2021.json.gz", "fetch_stage_2021", datetime(2021, 9, 1, tzinfo=UTC)),
    "finney": ("bittensor/finney_genesis_snapshot.json.gz", "bittensor", datetime(2023, 3, 20, tzinfo=UTC)),
}


def land(name: str, shared: Path, data: Path) -> None:
    """Land one of the imports."""
    file, network, time = IMPORTS[name]
    list(import_file(shared / file, networks()[network], time, Landing(data)))


def land_export_with_votes(data: Path) -> None:
    """An invented export: one chain at one block long ago, with proposals and votes."""
    landing = Landing(data)
    for one, facts in cosmos(LONG_AGO, 1):
        if one.network == "akash" and one.block.time == LONG_AGO:
            landing.land(one, facts)


def land_any_chain(data: Path, name: str = "old-town") -> None:
    """An invented export of a chain that no file describes, with an open vote and the power of its validators."""
    data.mkdir(parents=True, exist_ok=True)
    document = without(export(), "chain_id", value=f"{name}-1")
    powers = [{"address": validator(place), "power": str(power)} for place, power in enumerate((5, 3, 2))]
    document["app_state"]["staking"] |= {"exported": True, "last_total_power": "10", "last_validator_powers": powers}
    told = Told(token="TOWN", decimals=2, stack="compute", time=datetime.now(UTC) - timedelta(days=1))
    list(import_as(written(data, document), name, told, Landing(data), networks().values(), datetime.now(UTC)))


def publish(data: Path) -> Path:
    """Build the mart of what has landed."""
    published, torn = build(data, networks())
    assert torn == ()
    return published
