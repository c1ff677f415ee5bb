"""What a founder can do for money to look better, or to make a rival look worse: random, within a budget, seeded."""

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from tests.worlds.chains import TEXTS, Chain
from tests.worlds.gallery_names import HOSTILE
from tests.worlds.lcd import valoper

# Numbers of validators: those who are there, those that the founder adds, and those that sign nothing.
ADDED, SILENT = 100, 300


def chain(dice: random.Random) -> Chain:
    """Independent validators, of whom some have labels; the founder is the first, with a fifth to a half of all."""
    stake = {number: int(dice.lognormvariate(10, 0.7)) + 5_000 for number in range(1, dice.randint(8, 30))}
    others = sum(stake.values())
    part = dice.uniform(0.2, 0.5)
    labels = {number: (f"firm-{number}", "operator") for number in stake if dice.random() < dice.choice([0, 0.5, 1])}
    return Chain({0: int(others * part / (1 - part)), **stake}, texts(dice, stake), labels)


def texts(dice: random.Random, who: Mapping[int, int] | range) -> dict[int, dict[str, str]]:
    """What honest validators say: each something of its own, or nothing."""
    said = {n: {"moniker": f"V{n}", "identity": f"{n:016X}", "website": f"https://v{n}.example"} for n in who}
    return {n: {name: text for name, text in words.items() if dice.random() < 0.8} for n, words in said.items()}


def written(dice: random.Random, before: Chain, who: list[int]) -> dict[int, dict[str, str]]:
    """What somebody writes into validators of his own: anybody's words, a label's, an address, letters that harm."""
    pool = {name: [words[name] for words in before.texts.values() if name in words] for name in TEXTS}
    pool["moniker"] += [
        *HOSTILE,
        *(slug for slug, _ in before.labels.values()),
        valoper(1),
        "claim:x",
        "V1\u200b",
        "Vl",
    ]
    pool["identity"] += ["0" * 16, "firm-1"]
    pool["website"] += ["https://firm-1", "https://v1.example/x", "javascript:alert(1)"]
    found = {}
    for number in who:
        alike = dice.choice(list(before.texts.values()) or [{}])
        found[number] = {name: alike.get(name, "") or dice.choice(pool[name]) for name in TEXTS}
        if dice.random() < 0.5:
            found[number][dice.choice(TEXTS)] = ""
    return found


def talked(dice: random.Random, before: Chain) -> Chain:
    """The same chain after anything was written into validators with up to half of the power, and into others."""
    total, power, chosen = sum(before.stake.values()), 0, []
    for number in dice.sample(list(before.stake), len(before.stake)):
        if 2 * (power + before.stake[number]) <= total:
            power += before.stake[number]
            chosen.append(number)
    chosen += range(SILENT, SILENT + dice.randint(0, 20))
    return replace(before, texts={**before.texts, **written(dice, before, chosen)})


def moved(dice: random.Random, before: Chain) -> Chain:
    """The same chain after its founder has split, moved and bonded more of what he has, and written what he likes."""
    stake = dict(before.stake)
    mine, places = stake.pop(0), [0, *range(ADDED, ADDED + dice.choice([1, 2, 5, 30]))]
    mine += dice.choice([0, 0, mine // 3])
    weights = [dice.random() + 1e-3 for _ in places]
    parts = [max(1, int(mine * weight / sum(weights))) for weight in weights]
    parts[0] += mine - sum(parts)
    after = replace(before, stake=stake | dict(zip(places, parts, strict=True)))
    return replace(talked(dice, after), labels=before.labels)


def rivalled(dice: random.Random, before: Chain) -> Chain:
    """A rival's chain after a founder has bonded one per cent of its power there, with validators that say anything."""
    budget = sum(before.stake.values()) // 100
    added = range(ADDED, ADDED + dice.randint(2, 15))
    stake = {**before.stake, **dict.fromkeys(added, max(1, budget // len(added)))}
    who = [*added, *range(SILENT, SILENT + 10)]
    return replace(before, stake=stake, texts={**before.texts, **written(dice, before, who)})


# The words of a number, from few to many; what is only an upper end of it shows nothing of breadth.
ORDER: Final = ("one party", "two parties", "two keys", "a handful", "a committee", "broad")
LETTERS: Final = "XCBA"


def shows(words: str) -> int:
    """How much breadth the words assert: nothing where they say `at most`, or `not shown`."""
    first = words.removeprefix("borderline: ").split(",")[0].split(" or ")[0]
    return ORDER.index(first) if first in ORDER else 0
