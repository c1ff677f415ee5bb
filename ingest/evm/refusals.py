"""What EVM providers say when they refuse, and what to do about it: ask for less, wait, or ask another.

There is no standard. The same refusal comes as a JSON error in a 200, as an HTTP 4xx with JSON in the body, or as
a bare HTTP status of a proxy; the codes are reused for different things, so the text is asked before the code. Texts
only say that less or patience would do: whatever nobody knows is one provider's reason, and the next is asked.

    ReadingError
    ├── AskSmaller
    │   └── TooWide     ask for fewer blocks or fewer calls
    ├── SourceDown
    │   ├── Busy        wait, then ask again
    │   └── Unable      anything else: this provider cannot answer, another may
    └── SourceChanged   no JSON-RPC answer at all
        └── Absent
            └── NoLogs  not a single log, which a second provider must say too
"""

import re
from typing import Any, Final

from ingest.endpoints import Absent, AskSmaller
from ingest.parsing import parsed
from ingest.transport import Answer, bare
from store.faults import Cause, ReadingError, SourceChanged, SourceDown

# EIP-4444: history before the merge may be gone; the code is that of the proposal.
PRUNED_CODE: Final = 4444
NO_SUCH_METHOD: Final = -32601
LIMIT_EXCEEDED: Final = -32005

# Asked in this order: "-32005 rate limit" must wait although -32005 mostly means "too many results".
NARROW: Final = re.compile(
    r"block ?range|blocks range|range [0-9]+ (exceeds|is bigger)|limited to a [0-9,]+|ranges? over [0-9,]+ blocks"
    r"|more than [0-9,]+ (results|logs|blocks)|max(imum)? results"
    r"|(response|query) (size|timeout)[a-z ]* exceeded|response is too (big|large)|memory capacity exceeded"
    r"|range is too|too (wide|many (logs|results|blocks))|out of gas|gas limit|request entity too large",
    re.IGNORECASE,
)
WAIT: Final = re.compile(
    r"rate.?limit|too many requests|request (count|rate)|requests per|capacity|throttl|timed? ?out|try again|temporar"
    r"|overloaded|busy|service unavailable",
    re.IGNORECASE,
)
# Of a state that a node keeps no more, in the words of geth, erigon, nethermind, besu, reth and anvil, and of gateways
# that let no question to an archive through; they only name the cause.
NO_STATE: Final = re.compile(
    r"missing trie node|header not found|historical state|state (is|has been|at block|histor)[^.]{0,80}"
    r"(not available|unavailable|pruned)|state not available|pruned|no state available|archive|world state unavailable"
    r"|distance to target block exceeds|BlockOutOfRange|block is out of range",
    re.IGNORECASE,
)
# "this block range should work: [0x7e9b85, 0x7e9d78]", "retry with the range 8284709-8284907"
BLOCK: Final = "(0x[0-9a-f]{1,16}|[0-9]{1,16})"
PROPOSED: Final = re.compile(rf"(?:\[|range ){BLOCK} ?[,-] ?{BLOCK}", re.IGNORECASE)


class TooWide(AskSmaller):
    """A provider refuses the width of a question; `blocks` is the width that it proposes, if it does."""

    def __init__(self, message: str, blocks: int | None = None) -> None:
        super().__init__(message)
        self.blocks = blocks


class NoLogs(Absent):
    """A provider has not a single log: true, or it has pruned them, or not indexed them yet."""


class Busy(SourceDown):
    """A provider asks for patience."""

    cause = Cause.REFUSES


class Unable(SourceDown):
    """A provider does not answer this question, for whatever reason; another may."""


def result(answer: Answer) -> Any:
    """The result in an HTTP answer; raises what the provider's refusal means."""
    body = _body(answer)
    error = body.get("error")
    if "result" in body and error is None and answer.status < 400:
        if not answer.is_ascii:
            raise SourceChanged(f"{bare(answer.url)} answered letters or digits that are no hexadecimal ones")
        return body["result"]
    if answer.status < 400 and error is None:
        raise SourceChanged(f"{bare(answer.url)} answered neither a result nor an error: {str(body)[:200]}")
    raise refusal(answer.url, answer.status, error if error is not None else body)


def refusal(url: str, status: int, error: Any) -> ReadingError:
    """The error that a provider's refusal means; `error` is the JSON error, or the text of a proxy."""
    told = error.get("code") if isinstance(error, dict) else None
    code = told if isinstance(told, int) else None
    text = _text(error)
    says = f"{bare(url)} answered {status} {code if code is not None else ''}: {text[:300]}"
    if code in (PRUNED_CODE, NO_SUCH_METHOD):
        return Unable(says).of(Cause.LACKS)
    if NARROW.search(text):
        return TooWide(says, _proposed(text))
    if WAIT.search(text) or status == 429 or status >= 500:
        return Busy(says)
    if code == LIMIT_EXCEEDED or status == 413:
        return TooWide(says)
    return Unable(says).of(Cause.LACKS) if NO_STATE.search(text) else Unable(says)


def _body(answer: Answer) -> dict[str, Any]:
    """The JSON object in an answer; a refusal without JSON (a proxy's page) is returned as its text."""
    if answer.status < 400:
        body = answer.json()
    else:
        try:
            body = parsed(answer.content)
        except ValueError:
            raise refusal(answer.url, answer.status, answer.content[:300].decode("utf-8", "replace")) from None
    # Some providers wrap even the refusal of a single question in a list.
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    if not isinstance(body, dict):
        raise SourceChanged(f"{bare(answer.url)} answered no JSON object: {str(body)[:200]}")
    return body


def _text(error: Any) -> str:
    """Message and data of an error; Tenderly puts the reason into the data."""
    if isinstance(error, dict):
        return " ".join(str(error[part]) for part in ("message", "data") if error.get(part))
    return str(error)


def _proposed(text: str) -> int | None:
    found = PROPOSED.search(text)
    if not found:
        return None
    first, last = (int(end, 16 if end[:2] in ("0x", "0X") else 10) for end in found.groups())
    return last - first + 1
