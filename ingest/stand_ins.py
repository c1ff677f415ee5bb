"""Texts for others to read: addresses that the operator named are told by stand-ins, his keys and IPs not at all.

AKASH_URL's second address is https://endpoint-2.akash.invalid (RFC 2606: nobody can ever be asked there). Public
addresses that the program brings along are named as they are.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from ingest.spoken import told_without_keys, without_keys

ENDING: Final = "_URL"
# What a node tells of the machine on which it runs, which may be the operator's own.
OF_A_MACHINE: Final = {"listen_addr", "rpc_address", "moniker"}
# As servers write who asked: only texts without facts are looked through, since chains have such numbers too.
IP: Final = re.compile(
    r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w.])|(?<![\w:])(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{0,4}"
)


@dataclass(frozen=True, slots=True)
class StandIns:
    """What is said in the place of what must not be said; `named` are the stand-ins by the variable."""

    named: Mapping[str, tuple[str, ...]]
    spelled: Mapping[str, str]
    pattern: re.Pattern[str] | None

    def fact(self, text: str) -> str:
        """A text that facts are read from, in which nobody finds the operator's hosts and keys; words stay words."""
        # Keys first, as in facts: so what is replayed gives the texts that were read.
        return self._named(told_without_keys(text))

    def refusal(self, text: str) -> str:
        """A text without facts: nothing that may be a key is in it, nor who asked."""
        return IP.sub("0.0.0.0", without_keys(self.fact(text)))

    def _named(self, text: str) -> str:
        return self.pattern.sub(lambda found: self.spelled[found[0].lower()], text) if self.pattern else text


def stand_ins() -> StandIns:
    """Those for all addresses that the environment names."""
    named: dict[str, tuple[str, ...]] = {}
    spelled: dict[str, str] = {}
    for variable, value in sorted(os.environ.items()):
        addresses = [address.strip() for address in value.split(",") if address.strip()]
        if variable.endswith(ENDING) and addresses:
            hosts = [f"endpoint-{place}.{_label(variable)}.invalid" for place in range(1, len(addresses) + 1)]
            named[variable] = tuple(f"https://{host}" for host in hosts)
            for address, host in zip(addresses, hosts, strict=True):
                for text, name in _spellings(address, host).items():
                    spelled.setdefault(text.lower(), name)
                    spelled.setdefault(told_without_keys(text).lower(), name)
    longest = sorted(spelled, key=lambda text: (-len(text), text))
    pattern = re.compile("|".join(map(_alone, longest)), re.IGNORECASE) if longest else None
    return StandIns(named, spelled, pattern)


def texts(told: Any, said: Callable[[str], str]) -> Any:
    """A JSON document with each of its texts, and names of fields, as it may be said."""
    if isinstance(told, dict):
        return {said(name): texts(part, said) for name, part in told.items()}
    if isinstance(told, list | tuple):
        return [texts(part, said) for part in told]
    return said(told) if isinstance(told, str) else told


def without_machine(told: Any) -> Any:
    """What a node says of itself, without what it says of the machine on which it runs."""
    if isinstance(told, dict):
        return {name: "" if name in OF_A_MACHINE else without_machine(part) for name, part in told.items()}
    return told


def _label(variable: str) -> str:
    return variable.removesuffix(ENDING).lower().replace("_", "-")


def _spellings(address: str, host: str) -> dict[str, str]:
    """Ways in which a text may name an address, each with what stands for it."""
    try:
        parts = urlsplit(address)
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return {address: host}
    spelled = {address.rstrip("/"): f"https://{host}"}
    if not name:
        return spelled
    if port:
        spelled[f"{name}:{port}"] = host
    # A name without a dot is a word, which chains have too: it is a host only where an address names it.
    spelled |= {name: host} if {".", ":"} & set(name) else {f"//{name}": f"//{host}", f"@{name}": f"@{host}"}
    return spelled


def _alone(text: str) -> str:
    """A pattern for a text that is no part of a longer name."""
    before = r"(?<![\w.-])" if text[0].isalnum() else ""
    return rf"{before}{re.escape(text)}(?![\w-]|\.\w)"
