"""One file a network; a new file is found by itself."""

import importlib
import pkgutil

from ingest.network import Network


def networks() -> dict[str, Network]:
    """Every network by name, in the order of their names."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f"{__name__}.{name}").NETWORK for name in names]
    return {network.name: network for network in found}
