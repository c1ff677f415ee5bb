"""Alerts: which changes of late somebody wants to hear of, told once, to a terminal and to a webhook."""

import json
import os
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from files.changes import Change, Known
from files.watched import Kind
from ingest.conversing import PATIENCE
from ingest.settings import WrongSetting
from ingest.transport import Http, bare
from store.disk import replace
from store.faults import SourceDown

# Only what is named so is hidden in every text that is said.
VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]*_URL")
# Also a host that nobody listens at for a moment is asked again: nobody stands in for it.
INSISTENT: Final = PATIENCE.new(total=4, connect=4, status_forcelist=(429, 500, 502, 503, 504))
MISSING_FROM: Final = 400


class WrongRules(Exception):
    """A file of rules that cannot be meant."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Which changes are told: of these kinds and networks, at_most: of counts that are so few.

    Where none is named, all networks are meant, and all kinds but silence: that a reading went silent changes no power.
    subject: the beginning of what changed, such as "force halt".
    """

    name: str
    kinds: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    subject: str = ""
    at_most: int | None = None

    def wants(self, one: Change) -> bool:
        """Whether a change is one of those."""
        few = self.at_most is None or (one.number is not None and one.number <= self.at_most)
        kind = one.kind in self.kinds if self.kinds else one.kind != Kind.SILENCE
        network = not self.networks or one.network in self.networks
        return kind and network and few and one.subject.startswith(self.subject)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a file; webhook: the environment variable that holds the address to which alerts are sent."""

    rules: tuple[Rule, ...]
    webhook: str = ""


def rules(text: str, networks: Collection[str]) -> Rules:
    """The rules that a text in TOML has, of these networks; raises WrongRules, which names the rule."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WrongRules(str(error)) from error
    if unknown := told.keys() - {"rule", "webhook"}:
        raise WrongRules(f"there is no {', '.join(sorted(unknown))}; there are rule and webhook")
    webhook, listed = told.get("webhook", ""), told.get("rule", [])
    if webhook and not (isinstance(webhook, str) and VARIABLE.fullmatch(webhook)):
        raise WrongRules("webhook names an environment variable that ends in _URL, not the address, which is a secret")
    if not isinstance(listed, list) or not listed:
        raise WrongRules("there is no rule: each begins with [[rule]]")
    return Rules(tuple(_rule(one, networks) for one in listed), webhook)


def _rule(told: Any, networks: Collection[str]) -> Rule:
    name = told.get("name") if isinstance(told, dict) else None
    if not isinstance(name, str) or not name:
        raise WrongRules("a rule has no name")
    lists = ("kinds", "networks")
    for field, value in told.items():
        match field, value:
            case (("name" | "subject"), str()):
                continue
            case "networks", [*several] if all(isinstance(one, str) and one in networks for one in several):
                continue
            case "kinds", [*several] if all(isinstance(one, str) and one in set(Kind) for one in several):
                continue
            case "at_most", int() if not isinstance(value, bool):
                continue
        there = f"; there are {', '.join(sorted(networks) if field == 'networks' else Kind)}" if field in lists else ""
        raise WrongRules(f"{name}: {field} cannot be {value!r}{there}")
    return Rule(**{**told, **{field: tuple(told[field]) for field in lists if field in told}})


def due(wanted: Rules, known: Known, told: Sequence[str] | None) -> list[tuple[str, Change]]:
    """The changes that a rule wants and that were not told yet, with the rule's name; the oldest first.

    told: ids of what was told; None where nothing ever was: then those of the newest publish alone are due.
    """
    fresh = [one for one in known.changes if (one.updated == known.published if told is None else one.id not in told)]
    found = [(next((rule.name for rule in wanted.rules if rule.wants(one)), ""), one) for one in reversed(fresh)]
    return [(name, one) for name, one in found if name]


def remembered(file: Path) -> Sequence[str] | None:
    """The ids of what was told before; None where nothing ever was."""
    try:
        told = json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        return None
    return [one for one in told if isinstance(one, str)] if isinstance(told, list) else None


def remember(file: Path, known: Known) -> None:
    """Note that all there is was told, or wanted by no rule."""
    replace(file, json.dumps([one.id for one in known.changes]).encode())


def document(found: Sequence[tuple[str, Change]]) -> dict[str, Any]:
    """Alerts for programs; `text` is what chat services show."""
    lines = [f"{one.title}. {one.says}".strip() for _, one in found]
    return {"text": "\n".join(lines), "alerts": [{"rule": name, **asdict(one)} for name, one in found]}


def webhook(wanted: Rules) -> str:
    """The address to which alerts are sent, a secret; empty where the rules name none. Raises WrongSetting."""
    address = os.environ.get(wanted.webhook, "")
    if wanted.webhook and not re.match(r"https?://[^\s/]", address):
        raise WrongSetting(f"{wanted.webhook} holds no address of a webhook")
    return address


def send(address: str, message: Mapping[str, Any], http: Http) -> None:
    """Send alerts to a webhook; raises SourceDown where they are not taken."""
    answer = http.post(address, dict(message))
    if answer.status >= MISSING_FROM:
        raise SourceDown(f"{bare(address)} answered {answer.status}")


def lines(found: Sequence[tuple[str, Change]]) -> Iterator[str]:
    """Alerts as lines of text."""
    return (f"{name}: {one.title}. {one.says}".strip() for name, one in found)
