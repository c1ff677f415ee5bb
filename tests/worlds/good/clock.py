"""The hour of all good worlds, and how fast their chains are."""

from datetime import UTC, datetime
from typing import Final

from tests.worlds.substrate_server import MILLISECONDS

NOW: Final = datetime.fromtimestamp(MILLISECONDS / 1000, UTC)
SECONDS_A_BLOCK: Final = 6.0
