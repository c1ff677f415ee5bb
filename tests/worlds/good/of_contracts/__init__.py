"""What contracts of one project answer in a good world: a file each, which is found by itself.

Whatever it has of these is told: `events` (height, topics and data of those with a first topic, at some heights; None
for those of others), `VIEWS` (what any contract answers), `OF` (what some answer otherwise), `ALONE` (contracts that
answer nothing else), `KEPT` (words of storage, by contract and slot), `ABSENT` (where no code is), `SINCE` (by network,
the block from which on it is read, where that is not its chain's).
"""

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any, Final

PROJECTS: Final[Sequence[ModuleType]] = [
    importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)
]


def told(name: str) -> dict[Any, Any]:
    """What the files have under a name, together."""
    return {key: value for project in PROJECTS for key, value in getattr(project, name, {}).items()}


def events(kind: str, heights: Sequence[int]) -> Iterator[list[tuple[int, list[str], str]]]:
    """The events with a first topic, by each project that has such."""
    for project in PROJECTS:
        if (found := project.events(kind, heights)) is not None:
            yield found


def absent(address: str) -> bool:
    """Whether no code is at the address of a contract."""
    return any(address in getattr(project, "ABSENT", ()) for project in PROJECTS)
