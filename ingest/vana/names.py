"""Names that anybody chose on Vana: text as it came, never a number."""

from typing import Final

LONGEST: Final = 200


def name(text: bytes) -> str:
    """A text as it may be kept: bytes that are no letters are marked, and so is what ends texts elsewhere."""
    return text.decode("utf-8", "replace").replace("\0", "\ufffd")[:LONGEST]


def entity(number: int) -> str:
    """What an entity that is staked to is called here: names change, and may be anything."""
    return f"entity:{number}"


def pool(number: int) -> str:
    """What a data pool is called here."""
    return f"pool:{number}"
