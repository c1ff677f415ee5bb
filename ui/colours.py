"""One look a network on every page, in light and in dark: a colour, and a texture where all colours are taken."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from questions.populations import Population

# The browser puts the active theme's colour in place of these placeholders (streamlit_plotly_theme.py, CATEGORY_0 to
# CATEGORY_9), so that one figure serves both themes. A browser test fails when Streamlit changes them.
SLOTS: Final = tuple(f"#{number:06d}" for number in range(1, 11))
# Legible on white and on near-black: at least 3 to 1 on both.
GREY: Final = "#8290a0"
FAINT: Final = "rgba(130,144,160,0.28)"
THRESHOLD: Final = "#d1495b"


@dataclass(frozen=True, slots=True)
class Look:
    """How what belongs to a network is drawn: its colour, the dash of its lines, the hatching of its bars."""

    colour: str
    dash: str = "solid"
    hatch: str = ""

    @property
    def textured(self) -> bool:
        """Whether another network has the same colour: what has no dash and no hatching then bears its name."""
        return bool(self.hatch)


# Lines and bars of the first ten networks, of the next ten, and so on: eighty looks before one comes again.
TEXTURES: Final = (
    ("solid", ""),
    ("dash", "/"),
    ("dot", "x"),
    ("dashdot", "\\"),
    ("longdash", "-"),
    ("longdashdot", "|"),
    ("12px,3px", "+"),
    ("3px,12px", "."),
)
FIRST: Final = Look(SLOTS[0])
PLAIN: Final = Look(GREY)
PALE: Final = Look(FAINT)

# Looks of networks by their names, as charts take them.
Paints = Mapping[str, Look]
NO_NETWORKS: Final[Paints] = {}


def of_network(own: int) -> Look:
    """The look of a number, from 1, that a network has as its own; grey where it has none."""
    if not own:
        return PLAIN
    texture, hue = divmod(own - 1, len(SLOTS))
    return Look(SLOTS[hue], *TEXTURES[texture % len(TEXTURES)])


def of_networks(known: Iterable[Population]) -> Paints:
    """The look of each network."""
    return {one.network: of_network(one.colour) for one in known}


def of_place(place: int) -> str:
    """The colour of the n-th series where series are no networks."""
    return SLOTS[place % len(SLOTS)]


def painted(paints: Paints, network: str, place: int) -> Look:
    """The look of a network, or of the n-th series where that is none."""
    return paints.get(network, Look(of_place(place)))
