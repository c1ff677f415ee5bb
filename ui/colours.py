"""One colour a network on every page, in light and in dark."""

from typing import Final
from zlib import crc32

# The browser puts the active theme's colour in place of these placeholders (streamlit_plotly_theme.py, CATEGORY_0 to
# CATEGORY_9), so that one figure serves both themes. A browser test fails when Streamlit changes them.
SLOTS: Final = tuple(f"#{number:06d}" for number in range(1, 11))
NETWORKS: Final = ("bittensor", "akash", "fetch", "fet", "singularitynet", "cudos")
# Legible on white and on near-black: at least 3 to 1 on both.
GREY: Final = "#8290a0"
FAINT: Final = "rgba(130,144,160,0.28)"
THRESHOLD: Final = "#d1495b"


def of_network(name: str) -> str:
    """The colour of a network; one that is not known yet gets one of the free colours, always the same."""
    if name in NETWORKS:
        return SLOTS[NETWORKS.index(name)]
    return SLOTS[len(NETWORKS) + crc32(name.encode()) % (len(SLOTS) - len(NETWORKS))]


def of_place(place: int) -> str:
    """The colour of the n-th series where series are no networks."""
    return SLOTS[place % len(SLOTS)]
