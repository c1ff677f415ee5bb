"""Whether readers are asking for anything: what is done in advance waits until they have what they asked for."""

import asyncio
import time
from typing import Final

# As whom the server opens pages itself: nobody over a network has no address.
OURSELVES: Final = None
# So long a browser works by itself on what it was sent, before it asks for more or has drawn a chart.
CALM_SECONDS: Final = 5.0
_LAST = [float("-inf")]


def disturbed() -> None:
    """A reader has asked for something, or is being answered."""
    _LAST[0] = time.monotonic()


async def calm() -> None:
    """Waits until no reader has asked for anything, nor been answered, for some seconds."""
    while (left := _LAST[0] + CALM_SECONDS - time.monotonic()) > 0:
        await asyncio.sleep(left)
