"""What a tree shows: a small sample of it, built and published, then every page for every network; printed as JSON.

Run inside the tree: `python -m tests.worlds.walk FOLDER`, with DEAI_DATA at FOLDER.
"""

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from streamlit.testing.v1 import AppTest

from ingest.network import Network, Reading
from ingest.networks import networks
from ingest.sample import cosmos, looks, votes, world
from ingest.sample.looks import Look, look
from ingest.sample.substrate import SUBNETS

END = datetime(2026, 11, 1, tzinfo=UTC)
# Enough for a change of thirty days.
DAYS = 31
EVERY = 15
CROWD = 200
DELEGATORS = 1_000
# Controls by which a page is of one network, and columns that name some.
OF_ONE = {"Network", "Market"}
COLUMNS = {"Network", "network", "title"}
TITLES = {one.name: one.title for one in networks().values() if one.stack and one.readings}
PAGES = sorted(path.stem for path in Path("pages").glob("*.py") if path.stem != "__init__")


def small() -> None:
    """No large population, few subnets and few days, so that the sample is there in seconds."""

    def few(network: Network, reading: Reading) -> Look:
        seen = look(network, reading)
        smaller = tuple(replace(one, n=min(one.n, CROWD)) for one in seen.populations)
        return Look(smaller, seen.every and EVERY)

    for module, smaller in (
        (world, {"look": few}),
        (looks, {"SUBNETS": SUBNETS[:4]}),
        (
            cosmos,
            {"DELEGATORS": DELEGATORS, "HOLDINGS": {name: (of, EVERY) for name, (of, _) in cosmos.HOLDINGS.items()}},
        ),
        (votes, {"DELEGATORS": DELEGATORS}),
    ):
        vars(module).update(smaller)


# The tables that list all networks are there once they are unfolded.
UNFOLDED = {"scorecard": {"all": "true"}}


def page(name: str, **query: str) -> AppTest:
    test = AppTest.from_file(str(Path("app.py").absolute()), default_timeout=60)
    test.switch_page(f"pages/{name}.py")
    for key, value in {**UNFOLDED.get(name, {}), **query}.items():
        test.query_params[key] = value
    return test.run()


def counted(shown: AppTest) -> dict[str, object]:
    """What failed on a page, and how much of each part it has."""
    return {
        "failed": [one.value for one in (*shown.exception, *shown.error)],
        "headers": len(shown.header),
        "charts": len(shown.get("plotly_chart")),
        "tables": len(shown.dataframe),
        "unlisted": sorted(name for name, title in TITLES.items() if not {name, title} & listed(shown)),
    }


def listed(shown: AppTest) -> set[str]:
    """Names and titles in a page's lists of networks: what can be chosen, and columns of tables."""
    found = {title for one in shown.selectbox if one.label in OF_ONE for title in one.options}
    for table in (*shown.table, *shown.dataframe):
        for column in COLUMNS & set(table.value.columns):
            # Some are in bold, with more below them, and escaped.
            found |= {str(cell).replace("\\", "").strip("*").partition("**")[0] for cell in table.value[column]}
    return found


def walk() -> dict[str, dict[str, dict[str, object]]]:
    """Parts by page and network: of a page that is of one network, for each that is simulated."""
    simulated = list(dict.fromkeys(one.network.name for one in world.readings()))
    told = {}
    for name in PAGES:
        shown = page(name)
        of_one = {one.label for one in shown.selectbox} & OF_ONE
        told[name] = {net: counted(page(name, net=net)) for net in simulated} if of_one else {"": counted(shown)}
    return told


if __name__ == "__main__":
    small()
    world.build_sample(Path(sys.argv[1]), END, DAYS)
    json.dump(walk(), sys.stdout)
