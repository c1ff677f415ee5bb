"""The part Cite and reproduce: closed at first, and all that a citation needs when it is open."""

import re
from pathlib import Path

import pytest

from questions import cited
from tests.pages.test_every_page import opened
from ui import cite

pytestmark = pytest.mark.slow


def test_a_closed_part_asks_for_nothing(hamlet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("somebody asked")

    monkeypatch.setattr(cite, "_told", refused)
    opened("power", hamlet, monkeypatch)


def test_an_open_part_has_sentence_number_place_versions_statement_and_link(
    hamlet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = opened("power", hamlet, monkeypatch, net="akash", what="stake")
    shown.session_state["cite-numbers"] = True
    shown.run()
    citation, statement, command = (one.value for one in shown.code)
    assert citation.startswith("DeAI Observatory: Akash, Delegators, in numbers.\n")
    assert re.search(r"Effective parties of delegators: [\d.]+ \(exactly \d+\.\d+\)\.", citation)
    assert re.search(
        r"chain akashnet-2, delegators, block \d+, hash [0-9a-f]{64}, .* landing sha256 [0-9a-f]{64}", citation
    )
    assert "method v2" in citation
    assert "parties counted under control" in citation
    assert statement.startswith("SELECT x.value AS value\nFROM metric_under('control') x")
    (link,) = re.findall(r"ingest verify '(.*)'", command)
    assert citation.endswith(link)
    assert cited.linked(link).metric == "effective_parties"
    assert not shown.exception


def test_who_comes_by_a_link_to_a_number_is_told_what_it_cites(hamlet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = opened("power", hamlet, monkeypatch, net="akash", what="stake")
    first.session_state["cite-numbers"] = True
    first.run()
    (written,) = re.findall(r"cite=([^']*)'", first.code[-1].value)
    shown = opened("power", hamlet, monkeypatch, cite=written)
    told = [one.value for one in shown.caption if one.value.startswith("The link cites")]
    exact = re.search(r"exactly ([\d.]+)\)", first.code[0].value)
    assert exact
    assert told
    assert exact[1].replace(".", "\\.") in told[0]


@pytest.mark.parametrize(
    "written", ["<script>/b/c/d/1/e/f", "effective_parties/a/b/c/1/control/**x**", "../../etc/passwd"]
)
def test_a_link_that_cites_nothing_harms_no_page(written: str, hamlet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = opened("power", hamlet, monkeypatch, cite=written)
    assert any("cites" in one.value for one in shown.caption)
    assert not any("<script>" in one.value for one in shown.caption)
