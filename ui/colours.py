"""One colour a network on every page, in light and in dark."""

from collections.abc import Iterable, Mapping
from typing import Final

from questions.populations import Population

# The browser puts the active theme's colour in place of these placeholders (streamlit_plotly_theme.py, CATEGORY_0 to
# CATEGORY_9), so that one figure serves both themes. A browser test fails when Streamlit changes them.
SLOTS: Final = tuple(f"#{number:06d}" for number in range(1, 11))
# Legible on white and on near-black: at least 3 to 1 on both.
GREY: Final = "#8290a0"
FAINT: Final = "rgba(130,144,160,0.28)"
THRESHOLD: Final = "#d1495b"

# Colours of networks by their names, as charts take them.
Paints = Mapping[str, str]
NO_NETWORKS: Final[Paints] = {}


def of_network(own: int) -> str:
    """The colour that a network declares as its own, from 1; grey where it declares none."""
    return SLOTS[own - 1] if own else GREY


def of_networks(known: Iterable[Population]) -> Paints:
    """The colour of each network."""
    return {one.network: of_network(one.colour) for one in known}


def of_place(place: int) -> str:
    """The colour of the n-th series where series are no networks."""
    return SLOTS[place % len(SLOTS)]
