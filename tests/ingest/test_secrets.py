"""No key of the operator's reaches any output, though every server repeats all that it is asked; nor does ESC."""

import gzip
import json
import re
import sys
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from ingest.evm.node import EvmChain
from ingest.network import Network
from ingest.networks import networks
from ingest.spoken import facts_without_keys, spoken, told_without_keys
from ingest.transport import bare
from store.landing import Landing
from store.mart import opened
from store.rows import Kind, frame, observation
from tests.pages.test_every_page import run
from tests.worlds.each import each
from tests.worlds.families import families
from tests.worlds.moving_chain import STATE, called, moving
from tests.worlds.servers import Reply, Request, serving

# One in each part of an address; nobody's text would hold them.
USER, PASSWORD, PATH, QUERY = "canary-user", "canary-word", "Canary_path", "canaryquery"
HOST = "k9f3a7c1e5"
CANARIES = (USER, PASSWORD, PATH, QUERY, HOST)
ADDRESS = f"https://{USER}:{PASSWORD}@{HOST}.node.example:8545/v2/{PATH}?key={QUERY}#{PATH}"
VARIABLES = ("AKASH_URL", "EIP155_1_ARCHIVE_URL", "EIP155_1_EXPLORER_URL", "SOME_NEW_URL")
# Moves the cursor, colours, forges a line, turns the letters round.
HOSTILE = "\x1b[2J\x1b[31mred\r\nINFO akash validators: landed\n\u202edednal\u2066\x07\x9b31m"
UNSEEN = ("\x1b", "\r", "\x07", "\x9b", "\u202e", "\u2066")


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("canary", CANARIES)
def test_no_part_of_an_address_is_said(monkeypatch: pytest.MonkeyPatch, variable: str, canary: str) -> None:
    monkeypatch.setenv(variable, f"http://127.0.0.1:9, {ADDRESS}")
    echo = f"you asked for /{PATH}/x?key={QUERY} at {HOST.upper()}.node.example as {USER}:{PASSWORD} ({ADDRESS})"
    for text in (spoken(echo), bare(ADDRESS), bare(f"{ADDRESS}/and/more"), spoken(repr(ValueError(echo)))):
        assert canary.lower() not in text.lower()
    assert "/x?key=" in spoken(echo)


def variables() -> list[str]:
    """Every variable that names addresses of a network or of what stands beside a chain, and one that nobody knows."""
    known = [network for network in networks().values() if network.chain]
    beside = {
        f"EIP155_{network.chain.number}_{kind}_URL"
        for network in known
        if isinstance(network.chain, EvmChain)
        for kind in ("ARCHIVE", "EXPLORER")
    }
    beside |= {f"{network.name.upper()}_PEERS_URL" for network in known if hasattr(network.chain, "peers")}
    return [*(f"{network.name.upper()}_URL" for network in known), *sorted(beside), "SOME_NEW_URL"]


# As servers, proxies and libraries write again what they were asked.
FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "capitals": str.upper,
    "small letters": str.lower,
    "per cent": lambda key: "".join(f"%{ord(letter):02X}" if letter in "-_" else letter for letter in key),
    "base64": lambda key: b64encode(key.encode()).decode(),
    "base64 behind one letter": lambda key: b64encode(f"/{key}".encode()).decode(),
    "base64 behind two letters": lambda key: b64encode(f"u:{key}".encode()).decode(),
    "base64 in a line": lambda key: b64encode(f"GET /v2/{key}/x HTTP/1.1".encode()).decode(),
    "base64 for addresses": lambda key: urlsafe_b64encode(f"?>{key}".encode()).decode(),
}


@pytest.mark.slow
@each(("variable", "canary", "form"), list(product(variables(), CANARIES, FORMS)))
def test_no_part_of_an_address_is_said_or_stored_in_any_form(variable: str, canary: str, form: str) -> None:
    written = FORMS[form](canary)
    # What of it is told of the key alone, whatever letters stand around it.
    inner = written.strip("=")[4:-4] if "base64" in form else written
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(variable, ADDRESS)
        assert inner not in spoken(f"got {written}.")
        # An address with a query is refused before anybody is asked (ingest/endpoints.py), and this is a plain word.
        if canary != QUERY:
            assert inner not in facts_without_keys(pl.DataFrame({"exact": [f"got {written}."]}))["exact"].item()


@each("length", list(range(9, len(PASSWORD) + 1)))
def test_a_key_that_is_cut_in_two_is_not_said(length: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AKASH_URL", ADDRESS)
        for key in CANARIES[:3]:
            for text in (f"got {key[:length]!r}", f"got {key[:length].upper()}; and", f"/v2/{key[:length]}"):
                assert key[:9].lower() not in spoken(text).lower()


def test_a_word_of_our_own_is_no_key_cut_in_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKASH_URL", "https://validators-of-mine:bittensor-99@node.example")
    assert spoken("bittensor validators: landed") == "bittensor validators: landed"


def test_letters_that_nobody_sees_do_not_part_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKASH_URL", ADDRESS)
    assert spoken("as canary\u200b-wo\u2060rd.") == "as …."


def test_what_a_bundle_tells_holds_no_key_in_other_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKASH_URL", ADDRESS)
    assert told_without_keys(f"{PATH.upper()} and {PASSWORD.title()}") == "… and …"


@pytest.mark.parametrize("asked", [("run", "--all"), ("doctor",)])
def test_an_address_with_a_query_is_refused_and_not_repeated(tmp_path: Path, asked: tuple[str, ...]) -> None:
    code, *said = called(tmp_path, *asked, "--network", "akash", AKASH_URL=f"http://127.0.0.1:9/?key={FOUND}")
    assert code == 2
    assert FOUND not in "".join(said)


def test_words_of_an_address_that_are_no_key_may_be_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKASH_URL", "https://rest-akash2.own.example:8545/v1/akash/akashnet-2/rest")
    line = "akash validators: rest-akash2.own.example is a node of sandbox-2, not of akashnet-2 (v1)"
    assert spoken(line) == line


def test_facts_hold_no_key_and_keep_their_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKASH_URL", ADDRESS.replace("/v2/", "/akashnet-2/"))
    told = [f"validator at {PATH}", "akashnet-2", "1 node"]
    rows = [observation("moniker", datetime.now(UTC), text, "", subject=text) for text in told]
    found = facts_without_keys(frame(Kind.OBSERVATIONS, rows))
    assert found["subject"].to_list() == ["validator at …", "akashnet-2", "1 node"]


SAID = "akash_console bittensor validators: block 12345678 of 110123456780000 on akashnet-2, eip155:1, v1.2, C"


@pytest.mark.parametrize(
    "address",
    [
        "https://rest.cosmos.directory/bittensor",
        "https://rest.cosmos.directory/akash_console/validators",
        "https://erpc.example/main/evm/1",
        "https://node.example/12345678/akashnet-2/v1.2?height=12345678",
        "https://api.example/ext/bc/C/rpc",
        "https://bittensor:akash@node.example",
        "https://akashnet-2:bittensor@node.example",
        "https://user@node.example/Validators",
    ],
)
def test_honest_words_of_an_address_are_never_hidden(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("SOME_NEW_URL", address)
    assert spoken(SAID) == SAID
    assert facts_without_keys(pl.DataFrame({"exact": [SAID]}))["exact"].item() == SAID


@pytest.mark.parametrize("key", ["password1", "correcthorse", "operator", "correct-horse", "hunter22", "123456789"])
@pytest.mark.parametrize("place", ["https://{}@node.example", "https://user:{}@node.example"])
def test_a_user_or_password_of_eight_letters_is_hidden_whatever_word_it_is(
    monkeypatch: pytest.MonkeyPatch, place: str, key: str
) -> None:
    monkeypatch.setenv("AKASH_URL", place.format(key))
    for text in (f"asked as {key}", f"x{key}y"):
        assert key not in spoken(text)
        assert key not in facts_without_keys(pl.DataFrame({"exact": [text]}))["exact"].item()


def test_a_password_that_is_a_short_number_is_hidden_where_it_stands_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKASH_URL", "https://user:12345678@node.example")
    assert spoken("12345678 of 110123456780000") == "… of 110123456780000"
    amounts = pl.DataFrame({"exact": ["12345678"]})
    assert facts_without_keys(amounts).equals(amounts)


# All that a server may know of an address, in every form, with room between so that some of it is cut.
FOUND = "Canary_query"
SECRETS = (USER, PASSWORD, PATH, HOST, FOUND)
ELSEWHERE = ADDRESS.replace(QUERY, FOUND)


def repeated(request: Request, before: int = 0) -> str:
    """What was asked, and each part of the address in every form, behind so many other letters."""
    forms = " ".join(write(key) for key in SECRETS for write in FORMS.values())
    return f"{'.' * before}{ELSEWHERE} {request.path} {dict(request.params)} {dict(request.headers)} {forms}"


def refusals(request: Request, before: int) -> list[Reply]:
    """Every place in which a server can say something."""
    echo = repeated(request, before)
    # A status line and a header are one line in Latin letters.
    headers = {"x-echo": echo, "server": echo, "content-type": f"text/plain; x={echo}"}
    rpc = {"jsonrpc": "2.0", "id": 1}
    return [
        Reply(f"{HOSTILE} {echo}".encode(), 500, headers, reason=echo),
        Reply({"code": 5, "message": f"{HOSTILE} {echo}", "details": [echo]}, 404),
        Reply({"code": 3, "error": echo}, 400),
        Reply({**rpc, "error": {"code": -32000, "message": f"{HOSTILE} {echo}", "data": {"why": echo}}}),
        Reply({**rpc, "error": {"code": -32000, "message": "no", "data": echo}}, 400),
        Reply(f"<html>{echo}</html>".encode(), 403),
        Reply({**rpc, "result": echo}),
        Reply({echo: echo}),
        Reply(b"", 302, {"location": f"https://{HOST}.node.example/v2/{PATH}?key={FOUND}"}),
        Reply(b"", 429, {"retry-after": echo[:200]}),
    ]


def named(request: Request) -> Reply:
    """A Cosmos node that says in every name what it was asked, and more."""
    path = request.path.removeprefix(f"/{PATH}")
    echo = f"{HOSTILE} {repeated(request)}"
    names = replace(STATE, validators=[replace(one, moniker=echo) for one in STATE.validators])
    reply = moving(replace(request, path=path), names)
    return reply if reply.status == 200 else Reply({"code": 5, "message": echo}, 404)


def protocols() -> dict[str, Network]:
    """The first network of every kind of chain and source, by the name of the kind."""
    return {kind.__name__: network for kind, network in families().items()}


@dataclass
class Server:
    """Answers as it is told to, which changes between two commands."""

    answer: Callable[[Request], Reply]

    def __call__(self, request: Request) -> Reply:
        return self.answer(request)


def moods(before: int) -> list[Callable[[Request], Reply]]:
    """Every refusal, with so many letters before what it repeats."""

    def refusing(way: int) -> Callable[[Request], Reply]:
        return lambda request: refusals(request, before)[way]

    return list(map(refusing, range(len(refusals(Request("GET", "/", {}, {}, b""), before)))))


# Readings that keep texts of strangers.
TOLD = ("--reading", "names", "--reading", "validators")


def everything_said(data: Path) -> dict[str, str]:
    """All that runs of a network of each kind and the commands after them say, write and show, by where."""
    said: dict[str, str] = {}
    everyone = [text for network in protocols().values() for text in ("--network", network.name)]
    cosmos = ("--network", protocols()["CosmosChain"].name)

    def say(*arguments: str, mood: str = "") -> None:
        said[f"{' '.join(arguments)} {mood}"] = "".join(map(str, called(data, *arguments, **environment)))

    server = Server(named)
    with serving(server) as address:
        url = address.replace("http://", f"http://{USER}:{PASSWORD}@") + f"/{PATH}"
        environment = {**dict.fromkeys(variables(), url), "SOME_NEW_URL": ELSEWHERE}
        # Where a text is cut depends on what stands before it.
        for way, server.answer in enumerate(moods(50)):
            say("doctor", *everyone, mood=str(way))
            if way % 3 == 0:
                say("doctor", *everyone, "--record", str(data / f"bundle-{way}"), mood=str(way))
        for way, server.answer in enumerate(moods(0)):
            log_as = "json" if way % 2 else "text"
            say("--log", log_as, "run", *everyone, "--all", mood=str(way))
        server.answer = named
        say("--log", "text", "run", *cosmos, *TOLD, "--all")
        say("doctor", *cosmos, "--record", str(data / "bundle-names"))
    say("status")
    say("status", "--json")
    with opened(data) as mart:
        texts = mart.table("SELECT DISTINCT table_name FROM information_schema.columns WHERE data_type = 'VARCHAR'")
        tables = mart.table("SELECT table_name FROM information_schema.tables")["table_name"]
        said["mart"] = "".join(json.dumps(mart.table(f'FROM "{name}"').to_dicts(), default=str) for name in tables)
        full = [name for name in texts["table_name"] if mart.table(f'FROM "{name}"').height]
    for name in full:
        say("export", name, str(data / f"{name}.csv"))
        said[f"export of {name}"] = (data / f"{name}.csv").read_text()
    return said | written(data)


def written(data: Path) -> dict[str, str]:
    """What stands in the files of a run: ledger, landing with its metadata, bundles; of each network what it failed."""
    bundles = [path for path in data.glob("bundle-*/**/*") if path.is_file()]
    runs = [path.read_text() for path in data.glob("landing/_runs/*.json")]
    errors = [error for run in runs for error in json.loads(run)["errors"]]
    failed = {
        f"failures of {network.name}": "".join(str(one) for one in errors if one["network"] == network.name)
        for network in protocols().values()
    }
    return failed | {
        "ledger": "".join(runs),
        "landing": "".join(
            f"{pl.read_parquet(path).write_csv()} {pl.read_parquet_metadata(path)}" for path in Landing(data).files()
        ),
        "bundles": "".join(
            (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()
            for path in bundles
        ),
    }


def shown(data: Path, patch: pytest.MonkeyPatch) -> dict[str, str]:
    """The text of the pages that tell of trouble."""
    return {f"page {name}": read(run(name, data, patch)) for name in ("sources", "scorecard")}


def read(page: AppTest) -> str:
    """All that a page was given to show."""
    parts = [str(part.proto) for part in page.main if getattr(part, "proto", None)]
    return "\n".join([*parts, *(table.value.to_csv() for table in page.dataframe)])


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """All that is said of networks of all kinds whose server repeats all that it knows, by where."""
    data = tmp_path_factory.mktemp("echo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "__main__", sys.modules["__main__"])
        return everything_said(data) | shown(data, patch)


# The sign for what is hidden, which JSON may write as an escape.
HID = r"…|\\u2026"


def hints(key: str) -> set[str]:
    """What of a key tells it: its forms, and its first nine letters."""
    forms = {form: write(key) for form, write in FORMS.items()}
    # What base64 has of the key alone, whatever letters stand around it.
    inner = {text.strip("=")[4:-4] if "base64" in form else text for form, text in forms.items()}
    return {*inner, key[:9].lower()}


@pytest.mark.slow
def test_a_server_that_repeats_everything_leaks_no_key(outputs: Mapping[str, str]) -> None:
    known = {hint.lower() for key in SECRETS for hint in hints(key)}
    lowered = {place: text.lower() for place, text in outputs.items()}
    assert [(place, hint) for place, text in lowered.items() for hint in known if hint in text] == []
    assert [place for place, text in outputs.items() if not text] == []
    # All of these repeat what the server said.
    assert [place for place in ("ledger", "mart", "bundles") if not re.search(HID, outputs[place])] == []
    assert re.search(r"127\\*\.0", outputs["page sources"])


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(protocols()))
def test_the_server_of_each_protocol_is_heard_in_each_mood(outputs: Mapping[str, str], kind: str) -> None:
    """Else it would leak nothing."""
    network = protocols()[kind].name
    assert re.search(HID, outputs[f"failures of {network}"])
    asked = f"--network {network} "
    runs = [text for place, text in outputs.items() if place.startswith(("--log", "doctor")) and asked in place]
    assert len(runs) > 2 * len(moods(0))
    assert [text for text in runs if not re.search(rf"\b{network}\b", text)] == []


@pytest.mark.slow
def test_what_a_server_says_moves_no_cursor_and_forges_no_line(outputs: Mapping[str, str]) -> None:
    told = ("doctor", "status", "--log")
    commands = {place: text for place, text in outputs.items() if place.startswith(told)}
    assert {place: sign for place, text in commands.items() for sign in UNSEEN if sign in text} == {}
    assert "red INFO akash validators: landed" in "".join(commands.values())
    lines = {line for text in commands.values() for line in text.splitlines()}
    assert "INFO akash validators: landed" not in lines


def test_no_line_of_a_trace_can_be_taken_for_a_line_of_the_log() -> None:
    import logging
    import sys

    from ingest.commands.telling import Lines

    def told(text: str) -> Any:
        try:
            raise ValueError(text)
        except ValueError:
            record = logging.LogRecord("ingest", logging.ERROR, "", 0, "%s", (text,), sys.exc_info())
        return Lines().format(record)

    first, *others = told(HOSTILE).split("\n")
    assert first == "ERROR [2J[31mred INFO akash validators: landed dednal31m"
    assert others
    assert all(line.startswith("  ") for line in others)
    assert not any(sign in told(HOSTILE) for sign in UNSEEN)
