"""No key of the operator's reaches any output, though every server repeats all that it is asked; nor does ESC."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import Any

import polars as pl
import pytest

from ingest.evm.node import EvmChain
from ingest.networks import networks
from ingest.spoken import facts_without_keys, spoken
from ingest.transport import bare
from store.landing import Landing
from store.mart import opened
from store.rows import Kind, frame, observation
from tests.worlds.each import each
from tests.worlds.moving_chain import STATE, command, finished, moving
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


def echoing(request: Request) -> Reply:
    """A node that says in every name and every error what it was asked, and more."""
    path = request.path.removeprefix(f"/{PATH}")
    echo = f"{HOSTILE} {request.path} {dict(request.headers)}"
    named = replace(STATE, validators=[replace(one, moniker=echo) for one in STATE.validators])
    reply = moving(replace(request, path=path), named)
    return reply if reply.status == 200 else Reply({"code": 5, "message": echo}, 404)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """All that a run and the commands after it say and write, by where."""
    data = tmp_path_factory.mktemp("echo")
    run = ("run", "--network", "akash", "--reading", "names", "--reading", "provider_text", "--all")
    with serving(echoing) as address:
        url = address.replace("http://", f"http://{USER}:{PASSWORD}@") + f"/{PATH}"
        said = {
            " ".join(arguments): "".join(map(str, finished(command(data, *arguments, AKASH_URL=url))))
            for arguments in (
                run,
                ("--log", "json", *run),
                ("doctor", "--network", "akash"),
                ("status",),
                ("status", "--json"),
            )
        }
    said["ledger"] = "".join(path.read_text() for path in data.glob("landing/_runs/*.json"))
    said["landing"] = "".join(
        f"{pl.read_parquet(path).write_csv()} {pl.read_parquet_metadata(path)}" for path in Landing(data).files()
    )
    with opened(data) as mart:
        tables = mart.table("SELECT table_name FROM information_schema.tables")["table_name"]
        said["mart"] = "".join(json.dumps(mart.table(f'FROM "{name}"').to_dicts(), default=str) for name in tables)
    return said


@pytest.mark.slow
def test_a_server_that_repeats_everything_leaks_no_key(outputs: Mapping[str, str]) -> None:
    assert "canary" not in "".join(outputs.values()).lower()
    leaks = {place: key for place, text in outputs.items() for key in (USER, PASSWORD, PATH) if key in text}
    assert leaks == {}


@pytest.mark.slow
def test_what_a_server_says_moves_no_cursor_and_forges_no_line(outputs: Mapping[str, str]) -> None:
    commands = {place: text for place, text in outputs.items() if place not in ("landing", "mart")}
    assert {place: sign for place, text in commands.items() for sign in UNSEEN if sign in text} == {}
    assert "red INFO akash validators: landed" in "".join(commands.values())
    forged = [line for text in commands.values() for line in text.splitlines() if line.startswith("INFO akash valid")]
    assert forged == []


def test_no_line_of_a_trace_can_be_taken_for_a_line_of_the_log() -> None:
    import logging
    import sys

    from ingest.__main__ import Lines

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
