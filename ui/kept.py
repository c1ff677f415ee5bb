"""An answer that is found once, however many ask for it at the same time."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """One answer, found by the first who asks; who asks meanwhile waits for it."""

    def __init__(self) -> None:
        self._finding = Lock()
        self._found: list[T] = []

    def answer(self, find: Callable[[], T]) -> T:
        """The answer; where `find` raises, the next who asks tries again."""
        if not self._found:
            with self._finding:
                if not self._found:
                    self._found.append(find())
        return self._found[0]
