"""A node of akashnet-2 that answers what a real one (v2.1.0) answered, recorded in ../shared on 2026-11-29.

What was not recorded is made up, and listed here: blocks and validators (tests.worlds.lcd), the supply of ACT, and that
nobody signed for the other two providers (the chain's 404).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.worlds.lcd import Answer, State, Validator, chain, failure
from tests.worlds.servers import Reply, Request

FOLDER = "cosmos/akash_node_v2_1"
HEIGHT = 1615
SIGNATURES = "/akash/audit/v1/audit/attributes"
STATUS = "/akash/bme/v1/status"
ORACLE = "/akash/oracle/v2/aggregated_price/akt"
SUPPLY = "/cosmos/bank/v1beta1/supply/by_denom"
# Minted less burned, which the vault's books tell.
ACT = 1_849_814_814 - 50_000_100


@dataclass(frozen=True)
class Recorded:
    """One answer of the real node, with the parameters of its question but those of paging."""

    path: str
    params: Mapping[str, str]
    reply: Reply


@dataclass(frozen=True)
class RealNode:
    """The recorded answers, with others in the place of some: by path, a body or a whole reply."""

    shared: Path
    instead: Mapping[str, Any] = field(default_factory=dict)

    def answer(self) -> Answer:
        """What the node answers, at any height."""
        folder = self.shared / FOLDER
        known = [recorded(path) for path in sorted(folder.glob("*.json")) if path.name != "audit_of_provider.json"]
        signed = json.loads((folder / "audit_of_provider.json").read_text())
        (provider,) = {row["owner"] for row in signed["providers"]}
        invented = {f"{SIGNATURES}/{provider}/list": signed, SUPPLY: {"amount": {"denom": "uact", "amount": str(ACT)}}}
        made_up = chain(State([Validator(0, 10**12, 10**30)], head=HEIGHT + 2, bodies={**invented, **self.instead}))

        def answered(request: Request) -> Reply:
            asked = plain(request.params)
            for one in known:
                if request.path == one.path and asked == one.params and request.path not in self.instead:
                    return Reply(one.reply.body, one.reply.status, made_up(request).headers)
            if request.path.startswith(f"{SIGNATURES}/") and request.path not in invented | dict(self.instead):
                refused = failure(404, 5, "invalid provider: address not found")
                return Reply(refused.body, refused.status, made_up(request).headers)
            return made_up(request)

        return answered


def recorded(path: Path) -> Recorded:
    found = json.loads(path.read_text())
    parts = urlsplit(found["path"])
    return Recorded(parts.path, plain(dict(parse_qsl(parts.query))), Reply(found["body"], found["status"]))


def plain(params: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in params.items() if not name.startswith("pagination.")}


def body(shared: Path, name: str) -> Any:
    """The body of one recorded answer."""
    return json.loads((shared / FOLDER / f"{name}.json").read_text())["body"]
