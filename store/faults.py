"""Why a reading gave no facts.

ReadingError            a reading did not give facts; the message names the address, path or block
├── SourceDown          nobody answered: the next run tries again
├── SourceChanged       the answer has an unknown shape: a person must look
└── BadData             the values are impossible: nothing of them is kept
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Cause(StrEnum):
    """Why a host did not give what was asked of it."""

    SILENT = "silent"
    REFUSES = "refuses"
    FAILS = "fails"
    LACKS = "lacks"
    BEHIND = "behind"
    DOWN = "down"
    CHANGED = "changed"
    WRONG = "wrong"
    ENDLESS = "endless"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class Fault:
    """What a host did; the host is empty where none is to blame."""

    host: str
    cause: Cause
    message: str


class ReadingError(Exception):
    """A reading did not give facts; the message says where and why, `faults` which hosts are to blame.

    reason: the message without the address, where whoever raised it has one.
    """

    cause: Cause = Cause.DOWN
    reason: str = ""
    faults: tuple[Fault, ...] = ()

    def of(self, cause: Cause, reason: str = "") -> Self:
        """The same error, of this cause."""
        self.cause, self.reason = cause, reason
        return self

    def at(self, host: str) -> Fault:
        """The error as a fault of a host."""
        return Fault(host, self.origin.cause, self.origin.reason or str(self))

    @property
    def origin(self) -> "ReadingError":
        """The error that knows its cause: one that only passes another on has none of its own."""
        before = self.__cause__
        return before.origin if self.cause is Cause.DOWN and isinstance(before, ReadingError) else self


class SourceDown(ReadingError):
    """No endpoint answered; the next run tries again."""


class SourceChanged(ReadingError):
    """An answer has a shape that is not known; a person must look."""

    cause = Cause.CHANGED


class BadData(ReadingError):
    """Values that cannot be true; nothing of the reading is kept."""

    cause = Cause.WRONG
