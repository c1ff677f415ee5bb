"""Who sets the price at which Akash mints ACT, the dollar that compute is paid in: the oracle's feeders, and the limits
of mint and burn.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from ingest.cosmos.control import parameter_rows, told
from ingest.cosmos.lcd import Lcd
from ingest.fields import listed, once, table, word
from ingest.network import DAILY, Reading
from store.rows import Facts, Kind, Measure, frame, observation

# Newest first; the chain was upgraded from one to the other in 2026.
ORACLE: Final = ("/akash/oracle/v2/params", "/akash/oracle/v1/params")
BME: Final = "/akash/bme/v1/params"


def oracle_feeders(node: Lcd) -> Facts:
    """Accounts that may write the AKT price into the chain, and how many of them must agree (oracle module).

    Leases are priced and paid in ACT, which tenants mint from AKT and providers turn back into AKT at this price: a
    wrong one moves what both get. Beside them the parameters of the oracle and of the mint-and-burn module (bme),
    which governance can change.
    """
    time = node.block.time
    _, rows = node.first(ORACLE, partial(_oracle, time))
    return Facts(frame(Kind.OBSERVATIONS, rows + node.get(BME, partial(told, "bme", time))))


def _oracle(time: datetime, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    oracle = table(body, "params")
    feeders = once([word({"source": source}, "source") for source in listed(oracle, "sources")], str)
    return [
        *(observation("oracle_feeder", time, feeder, "address", subject=feeder) for feeder in feeders),
        observation("oracle_feeders", time, len(feeders), "count"),
        *parameter_rows("oracle", {name: value for name, value in oracle.items() if name != "sources"}, time),
    ]


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
)

# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
oracle_feeders:
  oracle_feeder | <address> | address | an account that may write the price
  oracle_feeders | | count | how many accounts may write the price
  <parameter> | <module> | [<unit>] | a parameter of the modules oracle and bme in the chain's words, as JSON where it is a list
  <parameter> | <module>|<denom> | <denom> | a parameter of theirs that is an amount
"""  # noqa: E501 - a row each
