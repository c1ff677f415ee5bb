"""First contact with networks: what each reading asks and is answered, as a bundle of files that tests replay.

    DIR/index.json                      when, with what, and what came of each reading
    DIR/<network>/<reading>.json[.gz]   its questions and answers, in their order
    DIR/<network>/addresses.json[.gz]   what each address was asked by itself, as `doctor` asks; newest_block and
                                        proved_again are asked before the first reading and after the last

A reading asks as in a run, until it has had its allowance: what is cut then ends at the same question when it is
replayed. Nothing lands in the data folder. docs/first_contact.md says what is in a bundle, and what never is.
"""

import gzip
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast

import polars as pl
import polars.selectors as cs
from urllib3.util import Retry

from ingest.allowance import Exhausted, Limits
from ingest.conversing import PATIENCE
from ingest.doctor import examined
from ingest.job import VERSION, Outcome, endpoints, read_at
from ingest.network import Network, Node
from ingest.parsing import parsed
from ingest.stand_ins import StandIns, stand_ins, texts, without_machine
from ingest.transport import Answer, Http, Question
from store.disk import replace as replace_file
from store.faults import SourceDown
from store.landed import contents
from store.landing import Landing

FORMAT: Final = 1
INDEX: Final = "index.json"
DOCTOR, BEFORE, AFTER = "addresses", "newest_block", "proved_again"
# A few pages of each list and a few things of each kind: enough to learn every shape, at a request a second.
A_READING: Final = Limits(requests=25, bytes=4 * 2**20, elements=1_000_000, seconds=180)
A_NETWORK: Final = Limits(requests=400, bytes=8 * 2**20, elements=4_000_000, seconds=900)
# What clients go by; others may tell of the operator.
HEADERS: Final = ("content-type", "retry-after", "grpc-metadata-x-cosmos-block-height")
LARGE: Final = 2**16
# Of an outcome: read whole, cut by the bounds above, or failed.
READ, CUT, FAILED = "read", "cut", "failed"

# Hears how it goes: a network and what came of one of its readings.
Heard = Callable[[str, str, Mapping[str, Any]], None]


class Tape:
    """Hears every question with its answer, as they may be told to others."""

    def __init__(self, names: StandIns) -> None:
        self._names = names
        self._heard: list[dict[str, Any]] = []

    def __call__(self, question: Question, ask: Callable[[], Answer]) -> Answer:
        """Pass a question on, and note what came of it."""
        asked = {name: told for name, told in asdict(question).items() if told}
        exchange = {"asked": texts(asked, self._names.fact)}
        try:
            answer = ask()
        except SourceDown as error:
            told = {"error": type(error).__name__, "message": self._names.refusal(str(error))}
            self._heard.append({**exchange, "failed": told})
            raise
        self._heard.append({**exchange, "answered": self._answered(question, answer)})
        return answer

    def taken(self) -> list[dict[str, Any]]:
        """What was heard since the last time."""
        heard, self._heard = self._heard, []
        return heard

    def _answered(self, question: Question, answer: Answer) -> dict[str, Any]:
        headers = {name: answer.headers[name] for name in HEADERS if name in answer.headers}
        form, body = _content(answer.content)
        if question.url.endswith("/node_info"):
            body = without_machine(body)
        # Bytes that are no text, of whoever is asked for them, hold facts and no words.
        words = form == "text" or (form == "latin1" and not question.direct)
        refused = words or answer.status >= 400 or (isinstance(body, dict) and "error" in body)
        said = self._names.refusal if refused else self._names.fact
        return {"status": answer.status, "headers": texts(headers, self._names.refusal), form: texts(body, said)}


def _content(content: bytes) -> tuple[str, Any]:
    """An answer's content as readable as it can be without loss, and in which form: body is JSON."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return "latin1", content.decode("latin-1")
    try:
        body = parsed(text)
        json.dumps(body, ensure_ascii=False).encode()
    except ValueError:
        return "text", text
    return "body", body


class Noted:
    """A clock that keeps what it told, so that a replay goes by the same time."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.told: list[datetime] = []

    def __call__(self) -> datetime:
        """The time."""
        self.told.append(self._clock())
        return self.told[-1]


class Bundle:
    """A folder of recorded answers, whose index says at every moment what is in it."""

    def __init__(self, folder: Path, names: StandIns) -> None:
        self.folder = folder
        self.names = names
        self.networks: dict[str, dict[str, Any]] = {}
        self._began = datetime.now(UTC)

    def keep(self, network: str, name: str, exchanges: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Write questions and answers to a file; what the index says of them."""
        if not exchanges:
            return {}
        content = _pretty(exchanges)
        file = f"{network}/{name}.json" + (".gz" if len(content) > LARGE else "")
        content = gzip.compress(content, mtime=0) if file.endswith(".gz") else content
        replace_file(self.folder / file, content)
        return {"questions": len(exchanges), "file": file, "sha256": sha256(content).hexdigest()}

    def write(self, status: str) -> None:
        """Write the index: interrupted, until all is whole."""
        index = {
            "format": FORMAT,
            "status": status,
            "program": VERSION,
            "python": platform.python_version(),
            "began": self._began.isoformat(),
            "written": datetime.now(UTC).isoformat(),
            "bounds": {"reading": asdict(A_READING), "network": asdict(A_NETWORK)},
            "networks": self.networks,
        }
        replace_file(self.folder / INDEX, _pretty(index))

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())


def _pretty(told: object) -> bytes:
    return json.dumps(told, indent=1, ensure_ascii=False, default=str).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at a network, which is written down as it goes."""

    network: Network
    bundle: Bundle
    tape: Tape
    landing: Landing
    heard: Heard

    def read(self, http: Http) -> None:
        """Read all within bounds; the index knows of each reading once it is over."""
        network, chain = self.network, cast(Any, self.network.chain)
        clock = Noted(chain.clock)
        seen = [
            {"address": one.address, "usable": one.usable, "said": self.bundle.names.refusal(one.said)}
            for one in examined(network, http)
        ]
        self.told.update(
            {
                DOCTOR: self.bundle.keep(network.name, DOCTOR, self.tape.taken()),
                "seen": texts(seen, self.bundle.names.fact),
                "variables": variables(network, self.bundle.names),
                "clock": clock.told,
                "readings": {},
            }
        )
        readings = tuple(replace(one, limits=A_READING) for one in network.readings)
        bounded = replace(network, chain=replace(chain, clock=clock), readings=readings)
        read_at(bounded, readings, lambda: self._head(bounded, http), http, self.landing, self._hear)
        self.told[AFTER] = self.bundle.keep(network.name, AFTER, self.tape.taken())
        self.bundle.write("interrupted")

    @property
    def told(self) -> dict[str, Any]:
        """What the index says of the network."""
        return self.bundle.networks.setdefault(self.network.name, {})

    def _head(self, network: Network, http: Http) -> Node:
        assert network.chain
        try:
            node: Node = network.chain.head(http, endpoints(network))
        finally:
            self.told[BEFORE] = self.bundle.keep(network.name, BEFORE, self.tape.taken())
        self.told.update({"chain_id": node.chain_id, "block": asdict(node.block), "software": node.runtime_version})
        return node

    def _hear(self, outcome: Outcome) -> None:
        # What is proved in vain at the end is told once more of readings that had landed, which asked no more.
        known = self.told["readings"].setdefault(outcome.reading, {})
        known |= self.bundle.keep(self.network.name, outcome.reading, self.tape.taken())
        known |= became(outcome, self.landing, self.bundle.names)
        self.bundle.write("interrupted")
        self.heard(self.network.name, outcome.reading, known)


def record(
    networks: Sequence[Network],
    folder: Path,
    heard: Heard = lambda *_: None,
    *,
    per_second: float | None = None,
    patience: Retry = PATIENCE,
) -> Bundle:
    """Read every network as a run would, within bounds, and write down all that is asked and answered.

    One network after the other, so that hosts which serve several are asked no faster than in a run.
    """
    bundle = Bundle(folder, stand_ins())
    landing = Landing(folder.with_name(f"{folder.name}.reading"))
    bundle.write("interrupted")
    try:
        for network in networks:
            tape = Tape(bundle.names)
            with Http(per_second, patience, A_NETWORK, tape) as http:
                _Look(network, bundle, tape, landing, heard).read(http)
    finally:
        landing.discard()
    bundle.write("whole")
    return bundle


def variables(network: Network, names: StandIns) -> dict[str, tuple[str, ...]]:
    """The variables of the operator's that name addresses for a network, with what stands for these."""
    chain = network.chain.chain_id if network.chain else ""
    own, of_chain = network.name.upper(), f"{chain.upper().replace(':', '_')}_"
    ours = (f"{own}_URL", f"{own}_PEERS_URL")
    return {name: told for name, told in names.named.items() if name in ours or name.startswith(of_chain)}


def became(outcome: Outcome, landing: Landing, names: StandIns) -> dict[str, Any]:
    """What came of a reading: a digest of its facts, or its error."""
    if outcome.error:
        told = CUT if outcome.error == Exhausted.__name__ else FAILED
        return {"became": told, "error": outcome.error, "message": names.refusal(outcome.message)}
    (path,) = landing.folder.glob(f"{outcome.network}/*/{outcome.reading}/*.parquet")
    (landed,) = contents(path)
    said = cs.string().map_elements(names.fact, return_dtype=pl.String)
    rows = landing.read(path, landed.snapshot.key).with_columns(said)
    digest = sha256(rows.sort(rows.columns).write_csv().encode()).hexdigest()
    return {"became": READ, "rows": rows.height, "reported": landed.snapshot.reported, "facts": digest}
