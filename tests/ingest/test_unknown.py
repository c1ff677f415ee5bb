"""A variable whose name is nearly one of ours is told; those of other programs are not."""

import re

import pytest

from ingest.unknown import OURS, unknown
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("SOLANA_URL", "GRASS_URL or IONET_URL or RENDER_URL"),
        ("AKASH_URLS", None),
        ("AKAHS_URL", "AKASH_URL"),
        ("DEAI_ALLOWANCES", "DEAI_ALLOWANCE"),
        ("DEAI_SITES", "DEAI_SITE"),
        ("AKASH_URL", None),
        ("EIP155_1_ARCHIVE_URL", None),
        ("ARWEAVE_PEERS_URL", None),
        ("DEAI_DATA", None),
        ("DATABASE_URL", None),
        ("TEAM_HOOK_URL", None),
    ],
)
def test_a_variable_that_sets_nothing_is_told_with_the_nearest_that_does(variable: str, meant: str | None) -> None:
    told = [] if meant is None else [f"{variable} sets nothing here; did you mean {meant}?"]
    assert list(unknown([variable])) == told


def test_every_variable_of_the_program_is_known() -> None:
    rooms = ("analytics", "files", "ingest", "publish", "questions", "store", "ui")
    texts = [path.read_text() for room in rooms for path in (ROOT / room).rglob("*.py") if path.name != "unknown.py"]
    named = {name for text in texts for name in re.findall(r'"(DEAI_[A-Z_]+)"', text)}
    assert len(named) > 5
    assert named <= OURS
