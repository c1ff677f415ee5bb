"""Whether readers are asking for anything: what is done in advance waits until they have what they asked for."""

import asyncio
import time
from typing import Final

# As whom the server opens pages itself: nobody over a network has no address.
OURSELVES: Final = None
# A page's requests follow each other closer than this, and so do its answers.
CALM_SECONDS: Final = 2.0
_LAST = [float("-inf")]


def disturbed() -> None:
    """A reader has asked for something, or is being answered."""
    _LAST[0] = time.monotonic()


async def calm() -> None:
    """Waits until no reader has asked for anything, nor been answered, for two seconds."""
    while (left := _LAST[0] + CALM_SECONDS - time.monotonic()) > 0:
        await asyncio.sleep(left)
