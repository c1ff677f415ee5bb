"""What is known of a network that the program itself does not describe; it travels with each of its snapshots.

Files and people tell it, so each part has a form in which it can neither harm a page nor pass for something else.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Self

# Begins the name of every such network, in tables and links; no file of the program can be called so.
IMPORTED: Final = "imported-"
NAME: Final = re.compile(r"[a-z][a-z0-9]{0,29}(?:-[a-z0-9]{1,29}){0,4}")
# No chain that is known has more than 10^18 base units a token.
MOST_DECIMALS: Final = 18
STACKS: Final = ("", "compute", "data", "model", "agents")
# What may stand in each part, and in which words another one is refused. Letters of ASCII only: those of other scripts
# look like them.
FORMS: Final[Mapping[str, tuple[str, str]]] = {
    "title": (r"[A-Za-z0-9][A-Za-z0-9 .&'+-]{0,58}[A-Za-z0-9.+]", "2 to 60 letters and digits of ASCII, . & ' + -"),
    "stack": ("|".join(STACKS), "compute, data, model, agents or nothing"),
    "token": (r"[A-Za-z][A-Za-z0-9.]{0,15}", "up to 16 letters and digits of ASCII that begin with a letter"),
    "decimals": (rf"[0-9]|1[0-{MOST_DECIMALS % 10}]", f"a whole number from 0 to {MOST_DECIMALS}"),
    "unit": (r"[A-Za-z][A-Za-z0-9/:._-]{1,127}", "the name of a coin as chains of the Cosmos SDK write it"),
    "prefix": (r"[a-z][a-z0-9]{0,39}", "up to 40 small letters and digits that begin with a letter"),
    "chain_id": (r"[A-Za-z0-9][A-Za-z0-9_.:@-]{0,49}", "up to 50 letters, digits and _ . : @ -"),
}


class NotDescribed(ValueError):
    """A part of a description that has not the form that it must have."""


@dataclass(frozen=True, slots=True)
class Described:
    """What readers are told of an imported network, and what all its states must have in common."""

    title: str
    stack: str
    token: str
    decimals: int
    unit: str
    prefix: str
    chain_id: str

    def __post_init__(self) -> None:
        for one in fields(self):
            if why := fault(one.name, getattr(self, one.name)):
                raise NotDescribed(why)

    @property
    def written(self) -> str:
        """As it lands."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def read(cls, text: str) -> Self:
        """What has landed; raises NotDescribed for anything else."""
        try:
            told: Any = json.loads(text)
            return cls(**told)
        except (ValueError, TypeError) as error:
            raise NotDescribed(f"no description of a network: {text[:80]!r}") from error


def fault(name: str, value: object) -> str:
    """Why something cannot be a part of a description; empty where it can."""
    form, words = FORMS[name]
    right = type(value) is int if name == "decimals" else isinstance(value, str)
    if right and re.fullmatch(form, str(value)):
        return ""
    return f"{name.replace('_', ' ')} {str(value)[:80]!r} is not {words}"
