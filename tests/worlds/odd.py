"""Odd answers: a good one with one thing wrong in it, drawn by a seed, so that each can be drawn again."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any, Final

# What no field of an answer is, or hardly any; texts that readers of numbers take too easily.
VALUES: Final[Sequence[Any]] = (
    *(None, True, False, 0, 1, -1, 0.5, float("nan"), float("inf"), -(10**40), 10**400, 2**256, [], {}, [[]], [None]),
    *("", " ", "x", "-1", "+1", "-0", "1e3", "1_0", "0x", "0x10", "1.5", "NaN", "inf", "null", "9" * 5_000, "1\n"),
    *("\u0661\u0662", "\uff11", "\ud800", "\x00", "A" * 20_000, "AA==", "0001-01-01T00:00:00Z", "2026-02-30T00:00:00Z"),
)
DEEP: Final = 20_000
# Numbers before which a reader of SCALE takes memory: compact lengths of 2**14, 2**30, 2**62 and 2**536.
BOMBS: Final = (b"\xfd\xff", b"\xfe\xff\xff\xff", b"\x13" + b"\xff" * 8, b"\xff" * 68)

Place = tuple[str | int, ...]


class Wrong(StrEnum):
    """What was done to a good answer; the first three to one row of a list."""

    DROPPED = "a row is gone"
    DOUBLED = "a row is there twice"
    GARBLED = "a row is something else"
    MOVED = "rows are in another order"
    CHANGED = "something else"


@dataclass(frozen=True)
class Odd:
    """An odd answer, what was done and where."""

    content: bytes
    wrong: Wrong
    place: Place = ()

    def __str__(self) -> str:
        return f"{self.wrong} at {'.'.join(map(str, self.place)) or 'the top'}: {self.content[:300]!r}"


@dataclass(frozen=True)
class Document:
    """A good answer in JSON, with the places of all that is in it."""

    body: Any
    nodes: tuple[Place, ...]
    lists: tuple[Place, ...]

    @classmethod
    def of(cls, body: Any) -> "Document":
        """The document, its places found once."""
        found = list(_places(body))
        return cls(body, tuple(place for place, _ in found), tuple(place for place, one in found if one == "list"))

    def odd(self, dice: Random) -> Odd:
        """Something wrong in it: in a row, in a value, in the text itself."""
        drawn = dice.random()
        if drawn < 0.4 and self.lists:
            return self._rows(dice)
        if drawn < 0.85:
            place = dice.choice(self.nodes)
            return Odd(encoded(changed(self.body, place, lambda old: _other(old, dice))), Wrong.CHANGED, place)
        return Odd(_spoilt(encoded(self.body), dice), Wrong.CHANGED)

    def _rows(self, dice: Random) -> Odd:
        place, wrong = dice.choice(self.lists), dice.choice(list(Wrong)[:4])
        rows = list(_at(self.body, place))
        number = dice.randrange(len(rows))
        match wrong:
            case Wrong.DROPPED:
                del rows[number]
            case Wrong.DOUBLED:
                rows.insert(dice.randint(0, len(rows)), rows[number])
            case Wrong.GARBLED:
                rows[number] = dice.choice([value for value in VALUES if type(value) is not type(rows[number])])
            case _:
                dice.shuffle(rows)
        return Odd(encoded(changed(self.body, place, lambda _: rows)), wrong, (*place, number))


def encoded(body: Any) -> bytes:
    """JSON as some servers write it: with NaN and halves of surrogate pairs."""
    return json.dumps(body).encode()


def changed(body: Any, place: Place, change: Callable[[Any], Any]) -> Any:
    """The body with something else at one place, all others as they were."""
    if not place:
        return change(body)
    copied = body.copy()
    copied[place[0]] = changed(body[place[0]], place[1:], change)
    return copied


def odd_bytes(good: bytes, dice: Random) -> bytes:
    """Bytes with one thing wrong: bits turned, some gone, some there twice, a length that nobody can hold."""
    at, width = dice.randrange(len(good) + 1), dice.choice((1, 1, 2, 4, 32))
    match dice.randrange(6):
        case 0:
            return good[:at]
        case 1:
            return good[:at] + good[at + width :]
        case 2:
            return good[: at + width] + good[at:]
        case 3:
            bomb = dice.choice(BOMBS)
            return good[:at] + bomb + good[at + dice.choice((0, len(bomb))) :]
        case 4:
            return good[:at] + dice.randbytes(width) + good[at + width :]
    turned = bytearray(good or b"\0")
    for _ in range(dice.choice((1, 1, 1, 3))):
        turned[dice.randrange(len(turned))] ^= 1 << dice.randrange(8)
    return bytes(turned)


def _places(body: Any, place: Place = ()) -> Any:
    # A pair of numbers is no list of rows.
    rows = isinstance(body, list) and not all(isinstance(row, int | float) for row in body)
    yield place, "list" if rows else ""
    if isinstance(body, dict | list):
        for key in body if isinstance(body, dict) else range(len(body)):
            yield from _places(body[key], (*place, key))


def _at(body: Any, place: Place) -> Any:
    for key in place:
        body = body[key]
    return body


def _other(old: Any, dice: Random) -> Any:
    """Another value, near the old one or far from it."""
    near = dice.random()
    if near < 0.3 and isinstance(old, dict) and old:
        return _other_names(old, dice)
    if near < 0.3 and isinstance(old, list) and old:
        return old[: dice.randrange(len(old))]
    if near < 0.5 and isinstance(old, str) and old:
        return _other_text(old, dice)
    if near < 0.5 and isinstance(old, int | float) and not isinstance(old, bool):
        return dice.choice([-old, old + 1, old * 10**9, str(old), float(old)])
    return dice.choice(VALUES)


def _other_names(old: dict[str, Any], dice: Random) -> dict[str, Any]:
    name = dice.choice(list(old))
    kept = {key: value for key, value in old.items() if key != name}
    return dice.choice([kept, {**kept, name.upper(): old[name]}, {**old, "x": old[name]}, {**kept, "": old[name]}])


def _other_text(old: str, dice: Random) -> str:
    at = dice.randrange(len(old))
    letter = chr(0x660 + int(old[at])) if old[at] in "0123456789" else dice.choice("x1-. A\u0661\n\U0001f600")
    return dice.choice([old[:at] + letter + old[at + 1 :], old[:at], old + letter, old.upper(), "-" + old, old[::-1]])


def _spoilt(text: bytes, dice: Random) -> bytes:
    """Another text than that of the answer: a cut one, a page, a name twice, brackets without end."""
    twice = text.replace(b"{", b'{"x": 1, "x": 2, ', 1)
    nested = dice.choice((b"[", b'{"x":')) * DEEP
    return dice.choice([text[: dice.randrange(len(text))], b"", b"<html>502</html>", b"null", nested, twice]) or (
        b"\xef\xbb\xbf" + text
    )
