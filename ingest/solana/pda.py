"""Addresses of programs: those that no key can sign for, because they are no point of the curve.

ed25519 (RFC 8032): y of a point is told with the parity of x; it is one where x^2 = (y^2 - 1) / (d y^2 + 1) has a root.
A program's own addresses are sha256 hashes that are no points (Solana's `find_program_address`).
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final

from store.addresses import NotAnAddress, base58, unbase58

PRIME: Final = 2**255 - 19
D: Final = -121665 * pow(121666, -1, PRIME) % PRIME
MARK: Final = b"ProgramDerivedAddress"


# The same few authorities are asked for at each look.
@lru_cache(maxsize=1_000)
def on_curve(key: bytes) -> bool:
    """Whether a key can sign for these 32 bytes; else only the program that they were derived from can."""
    y = (int.from_bytes(key, "little") & (2**255 - 1)) % PRIME
    above, below = (y * y - 1) % PRIME, (D * y * y + 1) % PRIME
    # A square root of above/below, or of that times -1, where there is one (RFC 8032, 5.1.3).
    x = above * pow(below, 3, PRIME) * pow(above * pow(below, 7, PRIME), (PRIME - 5) // 8, PRIME) % PRIME
    again = below * x * x % PRIME
    # Of -1 there is a root, so either will do. Of x = 0 there is no other sign, yet Solana takes both for the point.
    return again in (above, -above % PRIME)


def derived(seeds: Sequence[bytes], program: str) -> str:
    """The address of a program for these seeds: the first, from 255 down, that is no point of the curve."""
    after = unbase58(program) + MARK
    for bump in range(255, -1, -1):
        found = sha256(b"".join(seeds) + bytes([bump]) + after).digest()
        if not on_curve(found):
            return base58(found)
    raise NotAnAddress(f"no address of {program} for these seeds")
