"""Finney's first state (March 2023) from the snapshot file {stakes, balances}: who held what when the chain began."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from ingest.fields import table
from store.addresses import NotAnAddress, address
from store.rows import BadData, Facts, Kind, Measure, SourceChanged, holdings

METHOD: Final = (
    "The state with which finney began in March 2023, from the chain's own snapshot: TAO, before subnets had tokens."
)
Imported = tuple[str, Kind, Measure, str, Facts]


def finney_genesis(document: Mapping[str, Any], unit: str) -> list[Imported]:
    """Stake by coldkey and hotkey, and free balances, of the state with which finney began.

    document: {"stakes": {coldkey: {hotkey: [rao, uid]}}, "balances": {account: rao}}. Raises SourceChanged for another
    shape and BadData for addresses or amounts that cannot be.
    """
    if not {"stakes", "balances"} <= set(document):
        raise SourceChanged(f"no finney snapshot: it has {', '.join(list(document)[:8]) or 'nothing'}")
    stake = Facts(holdings(_stakes(table(document, "stakes"))))
    free = [("coldkeys", _canonical(who), _rao(who, rao)) for who, rao in table(document, "balances").items()]
    return [
        ("stake", Kind.HOLDINGS, Measure.STAKE, unit, stake),
        ("balances", Kind.HOLDINGS, Measure.TOKEN, unit, Facts(holdings(free))),
    ]


def _stakes(stakes: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    by_coldkey: dict[str, int] = {}
    by_hotkey: dict[str, int] = defaultdict(int)
    for coldkey in stakes:
        amounts = {_canonical(hotkey): _staked(hotkey, entry) for hotkey, entry in table(stakes, coldkey).items()}
        by_coldkey[_canonical(coldkey)] = sum(amounts.values())
        for hotkey, rao in amounts.items():
            by_hotkey[hotkey] += rao
    rows = [("coldkeys", coldkey, rao) for coldkey, rao in by_coldkey.items()]
    return rows + [("hotkeys", hotkey, rao) for hotkey, rao in by_hotkey.items()]


def _canonical(text: str) -> str:
    try:
        return address(text).canonical
    except NotAnAddress as error:
        raise BadData(f"the snapshot names {text!r}: {error}") from error


def _staked(hotkey: str, entry: object) -> int:
    if not isinstance(entry, list) or not entry:
        raise SourceChanged(f"{hotkey} has no stake and uid: {str(entry)[:80]}")
    return _rao(hotkey, entry[0])


def _rao(who: str, amount: object) -> int:
    if not isinstance(amount, int) or isinstance(amount, bool) or amount < 0:
        raise BadData(f"{who} has {amount!r} rao in the snapshot")
    return amount
