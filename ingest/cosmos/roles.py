"""The roles that a contract keeps in its own storage, and the state of a bridge that has them.

As the contract stores them (access_control.rs, state.rs and contract.rs of its public source), in the same way since
2021. No query of the contract lists who has a role: its raw state has all of them.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ingest.cosmos.lcd import Lcd
from ingest.endpoints import Absent
from ingest.fields import address, not_negative, once, raw, table, text, whole, word
from store.faults import SourceChanged
from store.rows import observation

WASM: Final = "/cosmwasm/wasm/v1"
# A length of two bytes stands before each part of a key; the name of the role is its end.
ROLES: Final = b"\x00\x0eaccess_control"
CONFIG: Final = b"\x00\x06config"
# Where contracts say which program they are (cw2).
PROGRAM: Final = b"contract_info"
ROLE: Final = re.compile(r"([A-Z]{1,40})_ROLE")
HELD: Final = b"\x01"
VERSION: Final = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})\.[0-9].*")
# Since this version its admin may mint and burn through the token factory, up to a cap that the admin sets.
MINTS_SINCE: Final = (0, 3)
# What the state says, by the end of the observation's name: amounts, and blocks from which a side stands still.
AMOUNTS: Final = ("supply", "cap", "fees_accrued", "reverse_aggregated_allowance")
PAUSES: Final = {"public_paused": "paused_since_block_public_api", "relayer_paused": "paused_since_block_relayer_api"}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract with roles.

    roles: (role, holder), each once. admin: who may replace its code, empty where nobody may. version: as it says
    itself, empty where it says none. amounts and pauses: by the names above.
    """

    roles: tuple[tuple[str, str], ...]
    admin: str
    version: str
    amounts: Mapping[str, int]
    pauses: Mapping[str, int]

    @property
    def minters(self) -> list[str]:
        """Who can have it mint where it is the minter of a token: admins, if its program can, and who replaces it."""
        told = VERSION.fullmatch(self.version)
        can = told is not None and tuple(map(int, told.groups())) >= MINTS_SINCE
        admins = [holder for role, holder in self.roles if role == "admin"] if can else []
        return list(dict.fromkeys([*admins, *filter(None, [self.admin])]))

    def observed(self, name: str, place: str, node: Lcd, denom: str) -> Iterator[Row]:
        """Its name, version and state as observations."""
        time = node.block.time
        yield observation("contract", time, name, "", subject=place)
        if self.version:
            yield observation(f"{name}_version", time, self.version, "", subject=place)
        for amount, tokens in self.amounts.items():
            yield observation(f"{name}_{amount}", time, tokens, denom, subject=place)
        for pause, since in self.pauses.items():
            yield observation(f"{name}_{pause}", time, str(since <= node.block.height).lower(), "", subject=place)


def contract(node: Lcd, place: str) -> Contract | None:
    """A contract with roles at an address; None where the chain has no contracts, or not this one."""

    def stored(models: list[Any]) -> Contract:
        return _contract(models, admin)

    admin = code_admin(node, place)
    try:
        return node.pages(f"{WASM}/contract/{place}/state", "models", stored)
    except Absent:
        return None


def code_admin(node: Lcd, place: str) -> str:
    """Who may replace the code of a contract; empty where nobody may, or there is no such contract."""
    try:
        return node.get(f"{WASM}/contract/{place}", lambda body: address(body, "contract_info", "admin"))
    except Absent:
        return ""


def _contract(models: list[Any], admin: str) -> Contract:
    stored = {_key(model): raw(model, "value") for model in once(models, lambda model: word(model, "key").lower())}
    if CONFIG not in stored:
        raise SourceChanged(f"the contract has no configuration among {len(stored)} entries")
    config = _read(stored[CONFIG])
    return Contract(
        roles=tuple(sorted(_role(key) for key, value in stored.items() if key.startswith(ROLES) and value == HELD)),
        admin=admin,
        version=text(_read(stored[PROGRAM]), "version")[:80] if PROGRAM in stored else "",
        amounts={name: not_negative(config, name) for name in AMOUNTS},
        pauses={name: whole(config, field) for name, field in PAUSES.items()},
    )


def _key(model: Any) -> bytes:
    """The key of an entry, which the interface writes in hexadecimal digits."""
    try:
        return bytes.fromhex(word(model, "key"))
    except ValueError as error:
        raise SourceChanged(f"key {str(model['key'])[:80]!r} is not hexadecimal") from error


def _read(value: bytes) -> Row:
    try:
        return dict(table(json.loads(value)))
    except ValueError as error:
        raise SourceChanged(f"stored {value[:80]!r} is no JSON") from error


def _role(key: bytes) -> tuple[str, str]:
    """The role and its holder in the key of an entry."""
    rest = key.removeprefix(ROLES)
    end = 2 + int.from_bytes(rest[:2])
    holder, name = (one.decode("ascii", "replace") for one in (rest[2:end], rest[end:]))
    role = ROLE.fullmatch(name)
    if not role:
        raise SourceChanged(f"{name[:80]!r} of {holder[:80]!r} is no role that is known")
    return role[1].lower(), holder
