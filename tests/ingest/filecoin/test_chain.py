"""Filecoin's chain: which tipset is final, who proves it, and who is refused. Nodes and faults are invented."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.fields import part
from ingest.filecoin import chain
from ingest.filecoin.chain import FilecoinChain, FilecoinNode
from ingest.filecoin.rpc import Busy, Lacking, Source
from ingest.filecoin.tipsets import GENESIS, time_of, tipset_of
from ingest.filecoin.wins import finality
from store.faults import BadData, SourceChanged, SourceDown
from tests.worlds.filecoin_at import BASE, HEAD, STATE, Lying, changed, node_at
from tests.worlds.servers import Reply, Request
from tests.worlds.spoiled import Wired


def test_a_tipset_of_mainnet_is_read_as_it_was_recorded(shared: Path) -> None:
    told = json.loads((shared / "other" / "filecoin_tipset.json").read_text())
    found = tipset_of(told)
    assert (found.height, found.wins) == (4863283, (("f01938223", 1),))
    assert int(found.block.time.timestamp()) == 1744204890
    assert len(found.parents) == 3


def test_the_final_tipset_is_proved_and_confirmed() -> None:
    node = node_at(Lying(STATE), Lying(STATE))
    assert (node.block.height, node.block.time, node.runtime_version) == (HEAD, time_of(HEAD), "nv27")
    assert (node.endpoint, node.witness) == ("http://0.example", "http://1.example")
    assert len(node.block.hash.split(" ")) == 3


def other(**fields: Any) -> Any:
    return lambda told: {**told, **fields}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (changed("ChainGetGenesis", lambda _: {"Cids": [{"/": GENESIS[:-1] + "4"}]}), "node of another chain"),
        (changed("ChainGetGenesis", lambda told: {"Cids": [*told["Cids"], *told["Cids"]]}), "twice"),
        (changed("ChainGetFinalizedTipSet", other(Height=HEAD - 1)), "is in the tipset of height"),
        (changed("ChainGetFinalizedTipSet", other(Cids=[])), "by 0 names"),
        (changed("ChainGetFinalizedTipSet", other(Blocks=[])), "is empty"),
        (changed("StateGetActor", lambda _: {"Head": {"/": "bafy"}}), "names no object"),
        (changed("StateNetworkVersion", lambda _: "mainnet"), "is no whole number"),
    ],
)
def test_an_endpoint_that_cannot_be_right_is_not_read(change: Any, why: str) -> None:
    with pytest.raises(SourceDown, match=why):
        node_at(Lying(STATE, change))
    # Another one stands in for it.
    assert node_at(Lying(STATE, change), Lying(STATE)).endpoint == "http://1.example"


def test_a_time_that_is_not_the_heights_is_refused() -> None:
    def late(told: Any) -> Any:
        return {**told, "Blocks": [{**block, "Timestamp": block["Timestamp"] + 1} for block in told["Blocks"]]}

    with pytest.raises(SourceDown, match="no time of it"):
        node_at(Lying(STATE, changed("ChainGetFinalizedTipSet", late)))


@pytest.mark.parametrize("hours", [9.1, -0.1])
def test_a_tipset_that_is_old_or_of_the_future_is_not_the_newest(hours: float) -> None:
    with pytest.raises(SourceDown, match=f"is at height {HEAD}"):
        node_at(Lying(STATE), hours=hours)
    assert node_at(Lying(STATE), hours=8.9).block.height == HEAD


def test_a_node_of_another_chain_is_refused_whatever_it_is_called() -> None:
    butterfly = "bafy2bzacebt5wxzyrgizu2uunetxtkc6aom3ult236vviv2nseiwnquu6anha"
    with pytest.raises(SourceDown, match="node of another chain"):
        node_at(Lying(replace(STATE, genesis=butterfly)))


@pytest.mark.slow
def test_two_endpoints_that_disagree_are_told_and_a_third_decides() -> None:
    more = {**STATE.miners, "f01000": replace(STATE.miners["f01000"], qa=1)}
    forked = Lying(replace(STATE, miners=more))
    with pytest.raises(SourceDown, match=f"disagree about block {HEAD}"):
        node_at(forked, Lying(STATE))
    assert node_at(Lying(STATE), forked, Lying(STATE), Lying(STATE)).endpoint != "http://1.example"
    # Wherever it stands among three: it is the first that each of the others would ask, too.
    for place in range(3):
        node = node_at(*(forked if place == number else Lying(STATE) for number in range(3)))
        assert f"http://{place}.example" not in (node.endpoint, node.witness)


def test_an_endpoint_with_another_state_of_power_is_no_stand_in() -> None:
    silent = Lying(STATE, changed("StateReadState", lambda _: None))
    liar = Lying(STATE, changed("StateGetActor", lambda told: {**told, "Head": {"/": GENESIS}}))
    node = node_at(silent)
    node.rotation._endpoints.append("http://1.example")
    node.http._servers["1.example"] = liar  # type: ignore[attr-defined]
    with pytest.raises(SourceDown, match="another power"):
        node.ask([node.state("StateReadState", "f02")], lambda told: part(told[0], "State"))


def test_where_nobody_says_what_is_final_it_is_what_900_epochs_were_built_upon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "EPOCHS_TO_FINALITY", 10)
    null = replace(STATE, finalizes=False, null=frozenset({HEAD - 10, HEAD - 11}))
    assert node_at(Lying(null)).block.height == HEAD - 12
    # What a node says of another height is not believed.
    wrong = Lying(null)
    wrong.change = changed("ChainGetTipSetByHeight", lambda _: wrong.node.tipsets[BASE + 1])
    with pytest.raises(SourceDown, match="has the tipset of height"):
        node_at(wrong)


def past(height: int, hours: float = 1) -> Any:
    known = FilecoinChain("fil:f", (), pauses=(), clock=lambda: time_of(HEAD) + timedelta(hours=hours))
    server = Lying(replace(STATE, null=frozenset({HEAD - 5})))
    return known.at(Wired({"x": server}), ["http://x"], height)


def test_a_height_of_the_last_sixteen_hours_can_be_read_again() -> None:
    assert past(HEAD - 7).block.height == HEAD - 7
    with pytest.raises(SourceDown, match=f"no block of height {HEAD - 5}; before it {HEAD - 6}"):
        past(HEAD - 5)
    with pytest.raises(SourceDown, match="is at height"):
        past(HEAD - 7, hours=16.1)


# --- what refusals mean, as a real server words them ------------------------------------------------------------------


def refused(reply: Reply) -> Source:
    return Source(Wired({"x": lambda _: reply}), "http://x")


def test_refusals_as_they_were_measured_are_no_silence(shared: Path) -> None:
    told = json.loads((shared / "other" / "filecoin_jsonrpc_answers.json").read_text())
    kinds = {"unknown_method": Lacking, "wrong_count": SourceDown, "wrong_type": SourceDown, "no_json": SourceDown}
    for name, kind in {**kinds, "empty_batch": SourceDown, "method_failed": SourceDown}.items():
        reply = Reply(told[name]["body"], told[name]["http"])
        message = told[name]["body"]["error"]["message"]
        with pytest.raises(kind) as error:
            refused(reply).results([("StateMinerPower", ())])
        assert message[:40] in str(error.value), name


def numbered(*answers: Any) -> Reply:
    return Reply([{"jsonrpc": "2.0", **one} for one in answers])


ASKED: Any = [("A", ()), ("B", ())]


def test_answers_are_matched_by_their_numbers_in_whatever_order() -> None:
    assert refused(numbered({"id": 1, "result": "b"}, {"id": 0, "result": "a"})).results(ASKED) == ["a", "b"]


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (numbered({"id": 0, "result": 1}), "1 answers to 2"),
        (numbered({"id": 0, "result": 1}, {"id": 0, "result": 2}), "second one"),
        (numbered({"id": 0, "result": 1}, {"id": 2, "result": 2}), "to no question"),
        (numbered({"id": 0, "result": 1}, {"id": True, "result": 2}), "to no question"),
        (numbered({"id": 0, "result": 1}, {"id": 1}), "neither result nor error"),
        (numbered({"id": 0, "result": 1}, {"id": 1, "error": {"code": 1, "message": "actor not found"}}), "not found"),
        (Reply([None, None]), "to no question"),
        (Reply({"jsonrpc": "2.0", "id": 0, "result": 1}), "no list"),
        (Reply([], 500), "status 500"),
        (Reply(b"<html>", 403), "without JSON"),
    ],
)
def test_an_answer_that_is_missing_twice_or_an_error_is_told(reply: Reply, why: str) -> None:
    with pytest.raises((SourceDown, SourceChanged), match=why):
        refused(reply).results(ASKED)


@pytest.mark.parametrize("words", ["server busy. try again later", "connection limited. tokens", "Rate limit exceeded"])
def test_who_is_busy_is_waited_for(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("ingest.stopping.sleep", waited.append)
    node = node_at(busy := Lying(STATE), pauses=(1, 4))
    answers, good = [words, words], busy.node

    def answer(request: Request) -> Reply:
        if not answers:
            return good(request)
        return numbered({"id": 0, "error": {"code": 1, "message": answers.pop()}})

    node.http._servers["0.example"] = answer  # type: ignore[attr-defined]
    assert node.ask([node.state("StateNetworkVersion")], lambda told: told[0]) == 27
    assert [one for one in waited if one] == [1, 4]
    with pytest.raises(Busy, match="status 429"):
        refused(Reply(b"", 429)).results(ASKED)


# --- fast finality, on which nothing depends --------------------------------------------------------------------------


def test_how_old_fast_finality_is_is_told() -> None:
    told = finality(node_at(Lying(replace(STATE, f3=30)), hours=8)).rows
    assert dict(told.select("name", "exact").iter_rows()) == {
        "f3_instance": "424242",
        "f3_epoch": str(HEAD - 30),
        "f3_age": str(30 * 30 + 8 * 3600),
    }


def recorded(shared: Path, **of: Any) -> tuple[FilecoinNode, Any]:
    """A node at a tipset of mainnet, and a certificate as go-f3 v0.8.12 writes one (certs, gpbft/chain.go), invented.

    It makes that tipset final, and the one before; its power table has the name of one that was recorded.
    """
    told = json.loads((shared / "other" / "filecoin_tipset.json").read_text())
    table = json.loads((shared / "other" / "filecoin_f3_powertable_calibnet_part.json").read_text())
    power, nothing, height = {"/": table["CID"]}, "A" * 43 + "=", told["Height"]
    chain = [
        {"Key": key, "Commitments": nothing, "Epoch": epoch, "PowerTable": power}
        for epoch, key in ((height - 1, told["Blocks"][0]["Parents"]), (height, told["Cids"]))
    ]
    certificate = {
        **{"GPBFTInstance": table["Instance"], "ECChain": chain, "Signers": [0, 2], "Signature": "Bw=="},
        **{"SupplementalData": {"Commitments": nothing, "PowerTable": power}, **of},
    }
    node = node_at(Lying(STATE, changed("F3GetLatestCertificate", lambda _: certificate)))
    then = replace(node.chain, clock=lambda: time_of(height) + timedelta(minutes=3))
    return replace(node, chain=then, tipset=tipset_of(told)), certificate


def test_a_certificate_of_a_tipset_of_mainnet_is_read_as_the_library_of_the_nodes_writes_it(shared: Path) -> None:
    node, _ = recorded(shared)
    assert dict(finality(node).rows.select("name", "exact").iter_rows()) == {
        "f3_instance": "39700",
        "f3_epoch": "4863283",
        "f3_age": "180",
    }


def test_a_certificate_that_makes_other_blocks_final_is_refused(shared: Path) -> None:
    _, certificate = recorded(shared)
    before, last = certificate["ECChain"]
    other, _ = recorded(shared, ECChain=[before, {**last, "Key": before["Key"]}])
    with pytest.raises(SourceDown, match="makes other blocks final at the height 4863283"):
        finality(other)
    # One that begins later says nothing of this height.
    later, _ = recorded(shared, ECChain=[{**last, "Epoch": 4863285, "Key": before["Key"]}])
    assert finality(later).rows.height == 3


def test_a_certificate_older_than_what_only_certificates_make_final_is_refused() -> None:
    with pytest.raises(SourceDown, match=f"ends at epoch {HEAD - 30}, before the final block {HEAD}"):
        finality(node_at(Lying(replace(STATE, f3=30)), hours=1))


def test_fast_finality_that_is_off_is_off_by_two_words() -> None:
    off = replace(STATE, f3=None)
    told = finality(node_at(Lying(off), Lying(off))).rows
    assert told.select("name", "exact").rows() == [("f3", "off")]
    # One that says so alone is not believed.
    assert finality(node_at(Lying(off), Lying(STATE))).rows.height == 3


def test_a_certificate_of_the_future_is_refused() -> None:
    def ahead(told: Any) -> Any:
        return {**told, "ECChain": [{"Epoch": HEAD + 10_000, "Key": []}]}

    with pytest.raises(SourceDown, match="a certificate of the epochs"):
        finality(node_at(Lying(STATE, changed("F3GetLatestCertificate", ahead))))


def test_an_object_that_is_not_what_its_name_says_is_refused() -> None:
    swapped = Lying(STATE, changed("ChainReadObj", lambda told: told[:-8] + "AAAAAAA="))
    with pytest.raises((SourceDown, BadData), match=r"hands out|base64"):
        node_at(swapped).actors("f06")
