"""How well the evidence behind a number is known, as a letter: A, B, C, or X where nothing can be verified."""

from collections.abc import Iterable
from dataclasses import dataclass

CENSUS_COVERAGE, REVIEWED_WELL, REVIEWED_POORLY = 0.95, 0.8, 0.5


@dataclass(frozen=True, slots=True)
class Confidence:
    """How well the evidence of one number is known; coverage and reviewed are parts of a total."""

    census: bool = False
    total_matches: bool = False
    endpoints_agree: bool = False
    reviewed: float = 0.0
    coverage: float = 1.0
    verifiable: bool = True

    def __post_init__(self) -> None:
        if not (0 <= self.reviewed <= 1 and 0 <= self.coverage <= 1):
            raise ValueError(f"coverage {self.coverage} and reviewed {self.reviewed} are parts of a total")

    @property
    def letter(self) -> str:
        """A, B, C or X."""
        if not self.verifiable:
            return "X"
        if self.coverage < CENSUS_COVERAGE or self.reviewed < REVIEWED_POORLY:
            return "C"
        shown = (self.census, self.total_matches, self.endpoints_agree, self.reviewed >= REVIEWED_WELL)
        return "ABC"[min(shown.count(False), 2)]

    @classmethod
    def weakest(cls, behind: Iterable["Confidence"]) -> "Confidence":
        """Of a number that rests on several readings: each point by the one that knows it worst; none knows least."""
        known = list(behind)
        if not known:
            return cls()
        return cls(
            census=all(one.census for one in known),
            total_matches=all(one.total_matches for one in known),
            endpoints_agree=all(one.endpoints_agree for one in known),
            reviewed=min(one.reviewed for one in known),
            coverage=min(one.coverage for one in known),
            verifiable=all(one.verifiable for one in known),
        )
