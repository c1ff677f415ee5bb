"""One file a network; a new file is found by itself."""

import importlib
import pkgutil

from ingest.network import Network


def networks() -> dict[str, Network]:
    """Every network by name, in the order of their names, with those that are made of what the others declare."""
    modules = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    declared: list[Network] = [module.NETWORK for module in modules if hasattr(module, "NETWORK")]
    made: list[Network] = [module.network(declared) for module in modules if not hasattr(module, "NETWORK")]
    return {one.name: one for one in sorted([*declared, *made], key=lambda one: one.name)}
