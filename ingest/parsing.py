"""Parsing: JSON that anybody may have written, hostile or broken."""

import json
import sys
from typing import Any, Final

# As many levels of JSON as the stack of any thread holds with room to spare.
DEEPEST: Final = 5_000


def parsed(text: bytes | str) -> Any:
    """JSON that anybody may have written; raises ValueError where it is broken, ambiguous or nested without end."""
    shallow()
    try:
        return json.loads(text, object_pairs_hook=_object)
    except RecursionError as error:
        raise ValueError("nested without end") from error


def shallow() -> None:
    """Lets what is nested without end raise RecursionError.

    Libraries under web3 raise the limit so far that such nesting overflows the stack, which ends the process.
    """
    if sys.getrecursionlimit() > DEEPEST:
        sys.setrecursionlimit(1000)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; readers differ in which of two fields of one name they take, so none is taken."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is there twice")
    return found
