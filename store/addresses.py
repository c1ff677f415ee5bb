"""Addresses: the one canonical spelling that is stored, and everything that people paste.

Substrate: 0x and the 64 hex digits of the public key. Cosmos: bech32 (validators as valoper). EVM: lower-case hex.
Others by their spelling. base58: of 32 bytes, as on Solana. f0: an actor by its number (f01234). base64url: of 32
bytes, 43 letters.
"""

import re
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache, reduce
from hashlib import blake2b, sha256
from operator import xor
from typing import Final
from urllib.parse import unquote

BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
# What the five bits that a word shifts out of the remainder add to it.
CARRIED: Final = tuple(
    reduce(xor, (one for bit, one in enumerate(GENERATORS) if top >> bit & 1), 0) for top in range(32)
)
# Bittensor's users write 42 (generic Substrate); the ss58 registry has a prefix of its own for it, 13116 ("bt...").
BITTENSOR_PREFIX: Final = 42
BITTENSOR_PREFIXES: Final = (42, 13116)
# BIP 173 allows 90 letters; a longer text is no address, however long it is.
LONGEST: Final = 90
# Formatting (zero-width, byte order mark, soft hyphen, direction) and marks on letters that are not there.
UNSEEN: Final = ("Cf", "Mn", "Me")
# Of what is pasted: links with tracking parameters are long, what is longer is none.
LONGEST_PASTED: Final = 500
# The shortest part of a link that can be an address is a bech32 one of twenty bytes.
SHORTEST: Final = 30

# The number of an actor of Filecoin, below 2^63 on the chain.
FILECOIN_ID: Final = "f0(?:0|[1-9][0-9]{0,18})"
# 32 bytes in base64url: of the last letter two bits are left over, and nought.
BASE64URL_43: Final = "[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"
LETTERS_OF_32_BYTES: Final = 43
# Of what is pasted: letters of any address, among them two signs that only base64url has, and texts without them.
RUN: Final = re.compile("[0-9A-Za-z_-]+")
PIECE: Final = re.compile("[0-9A-Za-z]+")

# Records of tokenised shares are numbered from one; chains that have them have some thousand.
RECORDS: Final = 20_000
# A bech32 address of 32 bytes, from its separator on.
LONG_ADDRESS: Final = 59


class NotAnAddress(ValueError):
    """The text is no address of a known kind, or its checksum is wrong."""


class OtherSpelling(NotAnAddress):
    """It is an address in a spelling of which nobody can tell the one that is stored."""


@dataclass(frozen=True, slots=True)
class Address:
    """What an address says: its kind, its bytes, and its prefix where it has one.

    kind: substrate, cosmos, evm, or a spelling: base58, f0, base64url. prefix: letters on Cosmos, a number in ss58;
    others have none. raw: of f0 the number as text. A text that may be an address in base58 and in base64url is stored
    alike as both, and told as the first.
    """

    kind: str
    raw: bytes
    prefix: str = ""

    @property
    def canonical(self) -> str:
        """The spelling that is stored."""
        match self.kind:
            case "cosmos":
                return bech32(self.prefix, self.raw)
            case "base58":
                return base58(self.raw)
            case "f0":
                return f"f0{self.raw.decode()}"
            case "base64url":
                return base64url(self.raw)
        return "0x" + self.raw.hex()

    @property
    def candidates(self) -> tuple[str, ...]:
        """Spellings under which the same key may be stored: an account is also an operator and the reverse."""
        if self.kind != "cosmos":
            return (self.canonical,)
        root = self.prefix.removesuffix("valcons").removesuffix("valoper")
        return tuple(dict.fromkeys((self.canonical, bech32(root, self.raw), bech32(root + "valoper", self.raw))))


def address(text: str) -> Address:
    """The address that a text is: of any kind that is stored; raises NotAnAddress."""
    text = text.strip()
    if len(text) > LONGEST:
        raise NotAnAddress(f"{text[:LONGEST]!r}… is too long for an address")
    if text[:2].lower() == "0x":
        # Of 32 bytes in base64url one in 2,000 begins so; none has only digits of hexadecimal by chance.
        return (None if re.fullmatch("[0-9a-fA-F]*", text[2:]) else _plain(text)) or _hex(text[2:])
    if re.match("f[0-4]", text) and text == text.lower():
        return _actor(text)
    if "1" not in text or text not in (text.lower(), text.upper()):
        return _plain(text) or _key(text)
    try:
        return _account(text)
    except NotAnAddress as error:
        # The ss58 spelling of few keys has letters of one case.
        with suppress(NotAnAddress):
            return _key(text)
        # One with a wrong letter may be spelled like 32 bytes of Solana, in letters of one case such as hardly any has.
        if (plain := _plain(text)) and not re.match(f"[a-z]+1[{BECH32}]{{30}}", text.lower()):
            return plain
        raise error from None


def pasted(text: str) -> Address:
    """The address in what somebody pasted; raises NotAnAddress, with a reason for a reader.

    Alone, or in what people copy with it: a link of an explorer, eth:0x..., eip155:1:0x..., cosmos:akashnet-2:akash1...
    (CAIP-10), characters that nobody sees, capital letters that a telephone put. Of several the last one counts: a link
    names what it is about last.
    """
    seen = visible(text)
    reasons: list[NotAnAddress] = []
    for part in [seen] if PIECE.fullmatch(seen) else _parts(unquote(seen)):
        try:
            return _either_case(part)
        except NotAnAddress as error:
            reasons.append(error)
    # A link has other long parts, so that nothing can be said of a checksum.
    told = [one for one in reasons if "/" not in seen or isinstance(one, OtherSpelling)]
    where = "no address is known here in the link {}" if "/" in seen else "{} is no address that is known here"
    raise next(iter(told), NotAnAddress(where.format(repr(seen[:LONGEST]))))


def _parts(text: str) -> Iterator[str]:
    """What may be an address in a text, the last first; a dash or a line beside one is of a list, not of base64url."""
    for run in reversed(RUN.findall(text)):
        whole = len(run) == LETTERS_OF_32_BYTES
        for piece in reversed(PIECE.findall(run)):
            if len(piece) >= SHORTEST or (not whole and re.fullmatch(FILECOIN_ID, piece.lower())):
                yield piece
        if whole:
            yield run


def display(canonical: str, spelling: str) -> str:
    """An address as its network's users write it; `spelling` is Network.address. All but ss58 are stored so."""
    kind, _, detail = spelling.partition(":")
    if kind == "ss58" and canonical.startswith("0x") and len(canonical) == 66:
        return ss58(bytes.fromhex(canonical[2:]), int(detail or BITTENSOR_PREFIX))
    return canonical


def ss58(key: bytes, prefix: int = BITTENSOR_PREFIX) -> str:
    """The ss58 spelling of a 32-byte public key; a prefix from 64 to 16383 takes two bytes."""
    two = (prefix >> 2 & 0x3F | 0x40, prefix >> 8 | (prefix & 3) << 6)
    body = bytes([prefix] if prefix < 64 else two) + key
    return _base58(body + blake2b(b"SS58PRE" + body, digest_size=64).digest()[:2])


def unss58(text: str) -> bytes:
    """The 32-byte public key in an ss58 address of any chain; raises NotAnAddress."""
    return _unss58(text)[1]


def _unss58(text: str) -> tuple[int, bytes]:
    """Prefix and key of an ss58 address; raises NotAnAddress."""
    raw = _unbase58(text)
    # The highest bit is reserved; the next one says that the prefix has two bytes.
    wide = len(raw) > 1 and raw[0] & 0x40
    if raw[:1] >= b"\x80" or len(raw) != (36 if wide else 35):
        raise NotAnAddress(f"{text!r} is no address that is known here")
    body, check = raw[:-2], raw[-2:]
    if blake2b(b"SS58PRE" + body, digest_size=64).digest()[:2] != check:
        raise NotAnAddress(f"{text!r} has a wrong checksum")
    prefix = (raw[0] & 0x3F) << 2 | raw[1] >> 6 | (raw[1] & 0x3F) << 8 if wide else raw[0]
    return prefix, body[-32:]


def bech32(prefix: str, raw: bytes) -> str:
    """The bech32 spelling (BIP 173) of an account, operator or consensus address."""
    bits = -(-8 * len(raw) // 5) * 5
    padded = int.from_bytes(raw) << bits - 8 * len(raw)
    words = [padded >> place & 31 for place in range(bits - 5, -1, -5)]
    check = polymod(words + [0] * 6, _started(prefix)) ^ 1
    words += [(check >> 5 * (5 - position)) & 31 for position in range(6)]
    return f"{prefix}1{''.join([BECH32[word] for word in words])}"


def unbech32(text: str) -> tuple[str, bytes]:
    """Prefix and bytes of a bech32 address; raises NotAnAddress."""
    lower = text.lower()
    prefix, separator, tail = lower.rpartition("1")
    if not (separator and prefix and len(tail) >= 6 and set(tail) <= set(BECH32)):
        raise NotAnAddress(f"{text!r} is no address that is known here")
    words = [BECH32.index(letter) for letter in tail]
    if polymod(expanded(prefix) + words) != 1:
        raise NotAnAddress(f"{text!r} has a wrong checksum")
    spare = (len(words) - 6) * 5 % 8
    number = sum(word << 5 * place for place, word in enumerate(reversed(words[:-6])))
    if spare > 4 or number & (1 << spare) - 1:
        raise NotAnAddress(f"{text!r} is no whole number of bytes")
    return prefix, (number >> spare).to_bytes((len(words) - 6) * 5 // 8)


def module_address(module: str, key: str) -> bytes:
    """An account that a Cosmos module derives from a word of its own (address.Module, ADR 028): no key signs for it."""
    return sha256(sha256(b"module").digest() + f"{module}\0{key}".encode()).digest()


def keyless(accounts: Iterable[str]) -> frozenset[str]:
    """Those that are accounts of tokenised (liquid) shares: nobody votes for them, the validator's vote stands.

    Contracts have addresses as long as these, and can vote: only those that the module derives itself are meant.
    """
    long = {one for one in accounts if len(one) > LONG_ADDRESS and len(one) - one.rfind("1") == LONG_ADDRESS}
    return frozenset(one for one in long if unbech32(one)[1] in _tokenised())


@cache
def _tokenised() -> frozenset[bytes]:
    return frozenset(module_address("lsm", f"tokenizeshare_{record}") for record in range(1, RECORDS + 1))


def operator(account: str) -> str:
    """The valoper spelling of a Cosmos account."""
    prefix, raw = unbech32(account)
    return bech32(prefix + "valoper", raw)


@lru_cache(maxsize=10_000)
def account(valoper: str) -> str:
    """The account that votes for an operator: that behind a Cosmos validator; an address of an EVM chain itself."""
    if valoper.startswith("0x"):
        return valoper
    prefix, raw = unbech32(valoper)
    return bech32(prefix.removesuffix("valoper"), raw)


def base58(key: bytes) -> str:
    """The spelling of a key or an account of Solana."""
    return _base58(key)


def is_solana(text: str) -> bool:
    """Whether a text is an address of Solana: 32 bytes in base58, which has no checksum."""
    try:
        return len(_unbase58(text)) == 32
    except NotAnAddress:
        return False


def unbase58(text: str) -> bytes:
    """The 32 bytes of an address of Solana; raises NotAnAddress."""
    if not is_solana(text):
        raise NotAnAddress(f"{text[:80]!r} is no address of Solana")
    return _unbase58(text)


def base64url(raw: bytes) -> str:
    """Bytes in base64 for addresses on the web, without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def visible(text: str) -> str:
    """A text as it is seen: without characters that have no width, every blank a plain one."""
    text = text[: LONGEST_PASTED + 1]
    if len(text) > LONGEST_PASTED:
        raise NotAnAddress("what was pasted is too long for an address or a link to one")
    seen = (" " if letter.isspace() else letter for letter in text if unicodedata.category(letter) not in UNSEEN)
    return "".join(seen).strip()


def _plain(text: str) -> Address | None:
    """The address in a spelling without a checksum; none where the text has not its shape."""
    if is_solana(text):
        return Address("base58", _unbase58(text))
    if re.fullmatch(BASE64URL_43, text):
        return Address("base64url", urlsafe_b64decode(text + "="))
    return None


def _actor(text: str) -> Address:
    if re.fullmatch(FILECOIN_ID, text):
        return Address("f0", text[2:].encode())
    if re.fullmatch("f[123][a-z2-7]{38,}|f4[0-9]+f[a-z2-7]+", text):
        raise OtherSpelling(f"{text!r} is known here by its number (f0...), which explorers of its chain tell")
    raise NotAnAddress(f"{text!r} is no address that is known here")


def _either_case(text: str) -> Address:
    """An address whose capital letters may be a telephone's: in bech32, which a checksum guards, and in f0."""
    with suppress(NotAnAddress):
        if len(text) <= LONGEST:
            return _account(text)
    return address(text.lower() if re.fullmatch(FILECOIN_ID, text.lower()) else text)


def _account(text: str) -> Address:
    prefix, raw = unbech32(text)
    return Address("cosmos", raw, prefix)


def _key(text: str) -> Address:
    prefix, key = _unss58(text)
    return Address("substrate", key, str(prefix))


def _hex(digits: str) -> Address:
    try:
        raw = bytes.fromhex(digits)
    except ValueError as error:
        raise NotAnAddress(f"0x{digits!r} is not hexadecimal") from error
    kinds = {20: "evm", 32: "substrate"}
    if len(raw) not in kinds:
        raise NotAnAddress(f"0x{digits} has {len(raw)} bytes; 20 or 32 are needed")
    return Address(kinds[len(raw)], raw)


def _base58(raw: bytes) -> str:
    number, digits = int.from_bytes(raw, "big"), ""
    while number:
        # Ten digits at a time: the machine's own numbers divide faster than long ones.
        number, ten = divmod(number, 58**10)
        for _ in range(10):
            ten, digit = divmod(ten, 58)
            digits += BASE58[digit]
    text = digits.rstrip(BASE58[0])[::-1]
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text


def _unbase58(text: str) -> bytes:
    if not text or len(text) > 64 or not set(text) <= set(BASE58):
        raise NotAnAddress(f"{text[:80]!r} is no address that is known here")
    number = 0
    for letter in text:
        number = number * 58 + BASE58.index(letter)
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def polymod(words: list[int], check: int = 1) -> int:
    """The remainder of bech32's polynomial after these words; 1 for a whole address whose checksum is right."""
    for word in words:
        check = (check & 0x1FFFFFF) << 5 ^ word ^ CARRIED[check >> 25]
    return check


@lru_cache(maxsize=64)
def _started(prefix: str) -> int:
    return polymod(expanded(prefix))


def expanded(prefix: str) -> list[int]:
    """The words that stand for a prefix in the checksum of bech32."""
    return [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]
