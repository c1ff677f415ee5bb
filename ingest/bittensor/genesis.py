"""Finney's first state (March 2023) from its snapshot {stakes, balances} or its raw chain spec: who began with what."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ingest.fields import table
from ingest.substrate.metadata import hashed, twox128
from store.addresses import NotAnAddress, address
from store.faults import BadData, SourceChanged
from store.rows import Facts, Kind, Measure, holdings

METHOD: Final = (
    "The state with which finney began in March 2023, from the chain's own snapshot: TAO, before subnets had tokens."
)
RAW_METHOD: Final = (
    "The state with which finney began in March 2023, from the storage in its raw chain spec: free and reserved TAO of "
    "every account, which add up to the issuance that is told there, and stake before subnets had tokens."
)
STAKING: Final = "SubtensorModule"
# Where stake is since subnets have tokens, in 2025.
LATER: Final = ("Alpha", "AlphaV2")
KEY, RAO_SIZE = 32, 8
# Since 2023 the last of four numbers has sixteen bytes.
ACCOUNT_SIZES: Final = (48, 56)
Imported = tuple[str, Kind, Measure, str, Facts]


def finney_genesis(document: Mapping[str, Any], unit: str) -> list[Imported]:
    """Stake by coldkey and hotkey, and free balances, of the state with which finney began.

    document: {"stakes": {coldkey: {hotkey: [rao, uid]}}, "balances": {account: rao}}. Raises SourceChanged for another
    shape and BadData for addresses or amounts that cannot be.
    """
    if not {"stakes", "balances"} <= set(document):
        raise SourceChanged(f"no finney snapshot: it has {', '.join(list(document)[:8]) or 'nothing'}")
    stake = Facts(holdings(_stakes(table(document, "stakes"))))
    balances = _once(table(document, "balances"), "balances")
    free = [("coldkeys", who, _rao(who, rao)) for who, rao in balances.items()]
    return [
        ("stake", Kind.HOLDINGS, Measure.STAKE, unit, stake),
        ("balances", Kind.HOLDINGS, Measure.TOKEN, unit, Facts(holdings(free))),
    ]


def _stakes(stakes: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    by_coldkey: dict[str, int] = {}
    by_hotkey: dict[str, int] = defaultdict(int)
    for coldkey, held in _once(stakes, "stakes").items():
        told = _once(table(held), f"the stakes of {coldkey}")
        amounts = {hotkey: _staked(hotkey, entry) for hotkey, entry in told.items()}
        by_coldkey[coldkey] = sum(amounts.values())
        for hotkey, rao in amounts.items():
            by_hotkey[hotkey] += rao
    rows = [("coldkeys", coldkey, rao) for coldkey, rao in by_coldkey.items()]
    return rows + [("hotkeys", hotkey, rao) for hotkey, rao in by_hotkey.items()]


def _once(told: Mapping[str, Any], where: str) -> dict[str, Any]:
    """What is told of each account; raises BadData where one is there in two spellings."""
    found = {_canonical(who): what for who, what in told.items()}
    if len(found) < len(told):
        raise BadData(f"{where} of the snapshot name an account in two spellings")
    return found


def _canonical(text: str) -> str:
    try:
        return address(text).canonical
    except NotAnAddress as error:
        raise BadData(f"the snapshot names {text!r}: {error}") from error


def _staked(hotkey: str, entry: object) -> int:
    if not isinstance(entry, list) or len(entry) != 2:
        raise SourceChanged(f"{hotkey} has no stake and uid: {str(entry)[:80]}")
    return _rao(hotkey, entry[0])


def _rao(who: str, amount: object) -> int:
    if not isinstance(amount, int) or isinstance(amount, bool) or amount < 0:
        raise BadData(f"{who} has {amount!r} rao in the snapshot")
    return amount


def finney_storage(top: Mapping[str, Any], unit: str) -> list[Imported]:
    """The same from the storage of a raw chain spec (genesis.raw.top), of which hexadecimal names have such values.

    Raises SourceChanged for storage of a later layout, and BadData where it contradicts itself or is cut off.
    """
    storage = {_hex(name): _hex(value) for name, value in top.items()}
    if any(True for item in LATER for _ in _under(storage, STAKING, item)):
        raise SourceChanged(f"its stake is in {STAKING}.{LATER[0]}: it is no state of March 2023")
    accounts = [_account(key, value) for key, value in _under(storage, "System", "Account")]
    issuance = storage.get(twox128("Balances") + twox128("TotalIssuance"))
    if not accounts or issuance is None:
        raise SourceChanged("its storage has no System.Account, or no Balances.TotalIssuance")
    reported = {"coldkeys": int.from_bytes(issuance, "little")}
    free = Facts(holdings(("coldkeys", *account) for account in accounts), reported)
    found: list[Imported] = [("balances", Kind.HOLDINGS, Measure.TOKEN, unit, free)]
    if stakes := [_pair(key, value) for key, value in _under(storage, STAKING, "Stake")]:
        found.insert(0, ("stake", Kind.HOLDINGS, Measure.STAKE, unit, Facts(holdings(_summed(stakes)))))
    return found


def _hex(text: object) -> bytes:
    if not isinstance(text, str) or not re.fullmatch("0x(?:[0-9a-f]{2})*", text):
        raise SourceChanged(f"its storage has {str(text)[:80]!r}, which is not hexadecimal")
    return bytes.fromhex(text[2:])


def _under(storage: Mapping[bytes, bytes], pallet: str, item: str) -> Iterator[tuple[bytes, bytes]]:
    """What stands in a map: the rest of each key, and its value."""
    prefix = twox128(pallet) + twox128(item)
    return ((key[len(prefix) :], value) for key, value in storage.items() if key.startswith(prefix))


def _account(key: bytes, value: bytes) -> tuple[str, int]:
    """Free and reserved rao of an account: two numbers behind a nonce and three counts of references."""
    who = _keyed(key, KEY)
    if len(value) not in ACCOUNT_SIZES:
        raise SourceChanged(f"System.Account of 0x{who.hex()} has {len(value)} bytes")
    return f"0x{who.hex()}", sum(int.from_bytes(value[at : at + 8], "little") for at in (16, 24))


def _pair(key: bytes, value: bytes) -> tuple[str, str, int]:
    """Hotkey, coldkey and the rao between them."""
    hotkey, coldkey = _keyed(key[: 16 + KEY], KEY), key[16 + KEY :]
    if len(coldkey) != KEY or len(value) != RAO_SIZE:
        raise SourceChanged(
            f"{STAKING}.Stake of 0x{hotkey.hex()} has a key of {len(key)} bytes, a value of {len(value)}"
        )
    return f"0x{hotkey.hex()}", f"0x{coldkey.hex()}", int.from_bytes(value, "little")


def _keyed(key: bytes, size: int) -> bytes:
    """The key behind its own hash; raises BadData where that is another's."""
    if len(key) != 16 + size or hashed("Blake2_128Concat", key[16:]) != key:
        raise BadData(f"0x{key.hex()[:160]} is no account behind its hash")
    return key[16:]


def _summed(stakes: Iterable[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """Stake by coldkey and by hotkey."""
    held: dict[tuple[str, str], int] = defaultdict(int)
    for hotkey, coldkey, rao in stakes:
        held["coldkeys", coldkey] += rao
        held["hotkeys", hotkey] += rao
    return [(population, who, rao) for (population, who), rao in held.items()]
