"""Rows of Bittensor's stake map from hex text to columns, against the decoders that others use, on the same rows."""

import gzip
from pathlib import Path

import numpy as np

from benchmarks import OURS, Case, Skip, Work

ROWS = (10_000, 100_000)
WORK = "decode {:,} stake rows (hotkey, coldkey, netuid, share)"
ITEM = ("SubtensorModule", "Alpha")
# Metadata V15: the newest that bittensor-core reads. Our reader takes V14 to V16.
SPEC = 240
METADATA = Path(__file__).parent.parent.parent / "shared" / "data" / "bittensor" / f"metadata_{SPEC}.scale.gz"
PLACES = 2**64


def metadata() -> bytes:
    """Metadata of a real runtime."""
    if not METADATA.exists():
        raise Skip(f"needs {METADATA.name} in ../shared/data/bittensor")
    packed = gzip.decompress(METADATA.read_bytes())
    return packed[packed.index(b"meta") :]


def changes(size: int) -> list[tuple[str, str]]:
    """Keys and values as `state_queryStorageAt` sends them: random accounts, 129 netuids, shares of 128 bits."""
    from ingest.substrate.metadata import metadata as parsed

    prefix = "0x" + parsed(metadata()).item(*ITEM).prefix.hex()
    drawn = np.random.default_rng(240)
    accounts = drawn.integers(0, 256, (size, 96), dtype=np.uint8)
    netuids = drawn.integers(0, 129, size, dtype="<u2").tobytes()
    shares = drawn.integers(0, 2**63, (size, 2), dtype="<u8").tobytes()
    return [
        (
            prefix + accounts[row].tobytes().hex() + netuids[2 * row : 2 * row + 2].hex(),
            "0x" + shares[16 * row : 16 * row + 16].hex(),
        )
        for row in range(size)
    ]


def summary(netuids: int, whole: float, rows: int) -> dict[str, float]:
    """Numbers by which decoders are compared."""
    return {"rows": rows, "netuids": netuids, "shares": whole}


def ours(size: int) -> Work:
    """Ours: columns of NumPy by the layout that metadata gives."""
    from ingest.substrate import columns
    from ingest.substrate.metadata import metadata as parsed

    runtime, pairs = parsed(metadata()), changes(size)

    def decode() -> dict[str, float]:
        rows = columns.rows(runtime.types, runtime.item(*ITEM), [key for key, _ in pairs], [text for _, text in pairs])
        shares = rows.values["high"].astype(float) + rows.values["low"] / PLACES
        return summary(int(rows.keys[2].sum()), float(shares.sum()), len(rows))

    return decode


def interface(size: int) -> Work:
    """async-substrate-interface: what its query_map does with a page of answers."""
    from async_substrate_interface.types import Runtime
    from async_substrate_interface.utils.decoding import decode_query_map
    from scalecodec.base import RuntimeConfigurationObject, ScaleBytes  # type: ignore[attr-defined]
    from scalecodec.type_registry import load_type_registry_preset

    configuration = RuntimeConfigurationObject(ss58_format=42)
    for preset in ("legacy", "core"):
        configuration.update_type_registry(load_type_registry_preset(preset) or {})
    described = configuration.create_scale_object("MetadataVersioned", data=ScaleBytes(bytearray(metadata())))
    described.decode()
    version = {"specVersion": SPEC}
    runtime = Runtime("Bittensor", described, {}, configuration, metadata_v15=described, runtime_info=version)
    pallet = runtime.metadata.get_metadata_pallet(ITEM[0])
    assert pallet is not None
    item = pallet.get_storage_function(ITEM[1])
    assert item is not None
    pairs = changes(size)
    prefix = pairs[0][0][: 2 + 64]
    params, value, hashers = item.get_params_type_string(), item.get_value_type_string(), item.get_param_hashers()

    def decode() -> dict[str, float]:
        found = decode_query_map(pairs, prefix, runtime, params, [], value, hashers, False)
        return summary(sum(key[2] for key, _ in found), sum(one["bits"] / PLACES for _, one in found), len(found))

    return decode


def core(size: int) -> Work:
    """bittensor-core: the Rust decoder of the bittensor SDK, over all cores."""
    try:
        from bittensor_core import Runtime
    except ImportError as error:
        raise Skip("bittensor-core is not installed") from error
    runtime = Runtime(metadata(), SPEC, 1)
    pairs = changes(size)

    def decode() -> dict[str, float]:
        found = runtime.decode_map_changes(*ITEM, pairs)
        return summary(sum(key[2] for key, _ in found), sum(_bits(one) / PLACES for _, one in found), len(found))

    return decode


def _bits(share: object) -> int:
    bits = share["bits"] if isinstance(share, dict) else share
    assert isinstance(bits, int)
    return bits


CASES = (
    Case(WORK, OURS, ours, sizes=ROWS),
    Case(WORK, "async-substrate-interface", interface, sizes=ROWS, beat=5),
    Case(WORK, "bittensor-core", core, sizes=ROWS, beat=6),
)
