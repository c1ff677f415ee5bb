"""Who sets the price at which Akash mints ACT, the dollar that compute is paid in: the oracle's feeders, and the limits
of mint and burn.

None of it is a power over the chain: whoever stops the price stops minting ACT, and whoever makes it moves what tenants
and providers get. So it is told, and counts nowhere.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from analytics.power.paths import Action, Side
from ingest.cosmos.control import parameter_rows, told
from ingest.cosmos.keys import CONTRACT, MODULE, account, can_sign
from ingest.cosmos.lcd import Lcd
from ingest.cosmos.roles import code_admin
from ingest.endpoints import Absent
from ingest.fields import address, listed, once, table, whole
from ingest.network import DAILY, Key, Keys, Reading, Way
from store.faults import BadData
from store.rows import Facts, Kind, Measure, frame, holdings, observation
from store.spelling import ADDRESS

# Newest first; the chain was upgraded from one to the other in 2026.
ORACLE: Final = ("/akash/oracle/v2/params", "/akash/oracle/v1/params")
BME: Final = "/akash/bme/v1/params"


# Who may write the price, and the observations of how many must write it, and of how many stop it by their silence.
SOURCES: Final = "oracle/source"
WRITE, SILENCE = "oracle_needed", "oracle_needed_to_stop"
STALE: Final = "max_price_staleness_period|oracle"

WAYS: Final = (
    Way(
        Action.HALT,
        Side.FORCE,
        "silence of the oracle's sources",
        Keys(SOURCES, needed=SILENCE),
        "x/oracle, x/bme: no ACT is minted at a stale price",
        takes=(STALE,),
        effect="stop minting ACT",
    ),
    Way(
        Action.MINT,
        Side.FORCE,
        "source of the oracle",
        Key(SOURCES),
        "x/oracle, x/bme: ACT is minted at its price",
        takes=0,
        effect="help to make the price at which ACT is minted",
    ),
)


def oracle_feeders(node: Lcd) -> Facts:
    """Accounts that may write the AKT price into the chain, and how many of them must agree (oracle module).

    Leases are priced and paid in ACT, which tenants mint from AKT and providers turn back into AKT at this price: a
    wrong one moves what both get, and without one no ACT is minted. Beside them the parameters of the oracle and of the
    mint-and-burn module (bme), which governance can change. Before 2026 the chain had neither, which is told.
    """
    time = node.block.time
    rows = _asked(node, "oracle", lambda: node.first(ORACLE, partial(_oracle, time))[1])
    rows += _asked(node, "bme", lambda: node.get(BME, partial(told, "bme", time)))
    for source in _sources(node):
        if what := account(node, source).what:
            rows.append(observation("account", time, what, "", subject=source))
    return Facts(frame(Kind.OBSERVATIONS, rows))


def oracle_sources(node: Lcd) -> Facts:
    """Who may write the AKT price into the chain (oracle module), each counts one; of a contract whoever may replace
    its code (wasm module), unless that is governance.
    """
    sources = _sources(node)
    rows = [(SOURCES, source, 1) for source in sources]
    for source in sources:
        admin = code_admin(node, source) if account(node, source).what == CONTRACT else ""
        if can_sign(node, admin) and account(node, admin).what != MODULE:
            rows.append((f"{source}/upgrader", admin, 1))
    return Facts(holdings(rows), empty=not rows)


def _asked(node: Lcd, module: str, ask: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """What a module tells; of a chain without it that it is absent."""
    try:
        return ask()
    except Absent:
        return [observation("module", node.block.time, "absent", "", subject=module)]


def _sources(node: Lcd) -> list[str]:
    try:
        return node.first(ORACLE, lambda body: _named(table(body, "params")))[1]
    except Absent:
        return []


def _named(oracle: Mapping[str, Any]) -> list[str]:
    return once([address({"source": source}, "source") for source in listed(oracle, "sources")], str)


def _oracle(time: datetime, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    oracle = table(body, "params")
    feeders, needed = _named(oracle), whole(oracle, "min_price_sources")
    if not 0 <= needed <= 10**6:
        raise BadData(f"the oracle needs {needed} sources")
    told = [
        *(observation("oracle_feeder", time, feeder, "address", subject=feeder) for feeder in feeders),
        observation("oracle_feeders", time, len(feeders), "count"),
        observation(WRITE, time, needed, "count"),
        *parameter_rows("oracle", {name: value for name, value in oracle.items() if name != "sources"}, time),
    ]
    # Where one silent source is one too many, or there are not enough of them as it is.
    return [*told, observation(SILENCE, time, max(1, len(feeders) - needed + 1), "count")]


READINGS = (
    Reading(
        "oracle_feeders",
        Kind.OBSERVATIONS,
        Measure.CONTROL,
        "",
        DAILY,
        oracle_feeders,
        others=("<word>", "<word>|<denom>"),
    ),
    Reading(
        "oracle_sources",
        Kind.HOLDINGS,
        Measure.CONTROL,
        "key",
        DAILY,
        oracle_sources,
        names=(SOURCES, f"{ADDRESS}/upgrader"),
    ),
)

# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
oracle_feeders:
  oracle_feeder | <address> | address | an account that may write the price
  oracle_feeders | | count | how many accounts may write the price
  oracle_needed | | count | how many of them make a price
  oracle_needed_to_stop | | count | how many of them stop it by their silence
  module | oracle or bme | | absent: the chain has no such module
  account | <address> | | what signs for a source: key or contract
  <parameter> | <module> | [<unit>] | a parameter of the modules oracle and bme in the chain's words, as JSON where it is a list
  <parameter> | <module>|<denom> | <denom> | a parameter of theirs that is an amount
oracle_sources:
  oracle/source | <address> | | who may write the price
  <address>/upgrader | <address> | | who may replace the code of a source
"""  # noqa: E501 - a row each
