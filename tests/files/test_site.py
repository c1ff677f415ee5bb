"""The folder of files: whole, valid, the same where nothing changed, harmless, and marked where it is simulated."""

import csv
import json
import re
from collections.abc import Iterator
from datetime import datetime
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from shutil import copytree
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from files import site
from files.markup import SIMULATED
from store.cells import cell
from store.mart import opened
from store.rows import FORMULA_STARTS, NEGATIVE_NUMBER
from tests.files.conftest import Plant
from tests.worlds.gallery_names import HOSTILE

pytestmark = pytest.mark.wide

AT = "https://example.org/data/"
ATOM = "{http://www.w3.org/2005/Atom}"
TAG = re.compile(r"tag:[a-z0-9.-]+,\d{4}:[\w/%.~-]+")


@pytest.fixture(scope="module")
def folder(hamlet: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the hamlet."""
    found = tmp_path_factory.mktemp("site")
    with opened(hamlet) as mart:
        written = site.write(mart, found, AT)
    assert written[-1] == "latest.json"
    return found


@pytest.fixture
def own(folder: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return copytree(folder, tmp_path / "site")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_latest_is_as_its_schema_says_and_names_every_file_of_a_network(folder: Path) -> None:
    schema, latest = (json.loads((folder / name).read_bytes()) for name in ("latest.schema.json", "latest.json"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(latest)
    assert latest["simulated"] is False
    assert set(latest["files"]) == {name for name in contents(folder) if "/" in name}
    assert {one["state"] for one in latest["readings"]} >= {"fresh", "never read"}
    for place in (
        ["networks", 0, "title"],
        ["networks", 0, "measures", 0, "verdict", "state"],
        ["files", 0],
        ["built"],
    ):
        spoiled = json.loads((folder / "latest.json").read_bytes())
        part = spoiled
        for step in place[:-1]:
            part = part[step]
        part[place[-1]] = 7
        assert not Draft202012Validator(schema).is_valid(spoiled)


def test_the_schema_knows_every_field_that_there_is_and_lets_others_come(folder: Path) -> None:
    schema, latest = (json.loads((folder / name).read_bytes()) for name in ("latest.schema.json", "latest.json"))
    Draft202012Validator(schema).validate({**latest, "soon": 1, "readings": [{**latest["readings"][0], "soon": 1}]})
    Draft202012Validator(closed(schema)).validate(latest)


def closed(schema: Any) -> Any:
    """A schema that refuses what it does not name."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    whole = {name: closed(part) for name, part in schema.items()}
    return {"additionalProperties": False, **whole} if "properties" in schema and "$ref" not in schema else whole


def test_a_measure_has_its_exact_numbers_with_where_they_come_from(folder: Path) -> None:
    told = json.loads((folder / "akash/stake_by_operator.json").read_bytes())
    with (folder / "akash/stake_by_operator.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    # The largest of twelve validators, who have a thousandth of a thousand and so on.
    assert rows[0]["amount"] == told["largest"][0]["amount"] == "1000000000"
    assert len(rows) == len(told["largest"]) == told["parties"] == 12
    source = told["source"]
    assert (rows[0]["block"], rows[0]["block_hash"]) == (str(source["block"]), source["hash"])
    assert source["unit"] == rows[0]["unit"] == "uakt"
    assert source["method"].startswith("Invented")
    assert told["verdict"]["at_most"] >= told["verdict"]["at_least"] >= 1
    assert "at most" in told["sentence"]
    assert "at least" in told["sentence"]
    power = json.loads((folder / "akash/power.json").read_bytes())
    (halt,) = [one for one in power["actions"] if (one["side"], one["action"]) == ("force", "halt")]
    assert (halt["number"], halt["at_most"], halt["read"][0]["reading"]) == (2, True, "consensus")


@pytest.mark.slow
def test_what_has_not_changed_is_not_written_again(own: Path, hamlet: Path) -> None:
    with opened(hamlet) as mart:
        assert site.write(mart, own, AT) == []


@pytest.mark.slow
def test_what_a_killed_writer_left_is_finished_and_what_is_of_others_stays(own: Path, planted: Plant) -> None:
    (own / "akash/stake.json").write_text("{")
    (own / "akash/stake.csv.140001.tmp").write_text("half")
    (own / "robots.txt").write_text("of the operator")
    (own / "deep/er").mkdir(parents=True)
    (own / "deep/er/upload.part.1.tmp").write_text("of the operator")
    latest = json.loads((own / "latest.json").read_bytes())
    latest["files"] += ["gone/stake.json", "../outside.json", "robots.txt"]
    (own / "latest.json").write_text(json.dumps(latest))
    (own / "gone").mkdir()
    (own / "gone/stake.json").write_text("{}")
    (own.parent / "outside.json").write_text("{}")
    written = site.write(planted(), own, AT)
    assert "akash/stake.json" in written
    assert json.loads((own / "akash/stake.json").read_bytes())["network"] == "akash"
    assert [one.name for one in own.rglob("*.tmp")] == ["upload.part.1.tmp"]
    assert not (own / "gone").exists()
    assert (own / "robots.txt").exists()
    assert (own.parent / "outside.json").exists()


@pytest.mark.slow
def test_the_sample_says_so_in_every_file_and_has_no_feed(planted: Plant, tmp_path: Path) -> None:
    site.write(planted("UPDATE meta SET simulated = true; UPDATE snapshot SET simulated = true"), tmp_path / "site")
    found = contents(tmp_path / "site")
    assert not {"feed.xml", "changes.json"} & found.keys()
    for name, content in found.items():
        match Path(name).suffix:
            case ".html":
                assert SIMULATED.encode() in content
                assert b"(simulated)</title>" in content
                assert b"feed.xml" not in content
            case ".csv":
                rows = list(csv.DictReader(StringIO(content.decode())))
                assert {row["simulated"] for row in rows} <= {"true"}
            case ".json" if "schema" not in name:
                assert json.loads(content)["simulated"] is True


class Tags(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


TEXT = {"title", "h1", "p", "a", "ul", "li", "caption", "th", "td"}
KNOWN = TEXT | {"html", "head", "meta", "link", "body", "div", "table", "thead", "tbody", "tr"}


def test_pages_have_no_script_no_way_out_and_a_preview(folder: Path) -> None:
    pages = {name: content.decode() for name, content in contents(folder).items() if name.endswith(".html")}
    assert any(name in text for text in pages.values() for name in ("&lt;", "&amp;"))
    for path, text in pages.items():
        tags = Tags(text).found
        assert {tag for tag, _ in tags} <= KNOWN, path
        assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
        led = [str(attributes["href"]) for _, attributes in tags if "href" in attributes]
        assert led
        assert not [to for to in led if "//" in to or ":" in to]
        assert all((folder / path).parent.joinpath(to).resolve().is_file() for to in led), path
        preview = {attributes.get("property"): attributes.get("content") for tag, attributes in tags if tag == "meta"}
        assert preview["og:url"] == f"{AT}{path}"
        assert preview["og:title"]
        assert preview["og:description"]


@pytest.mark.slow
def test_no_cell_of_a_csv_runs_as_a_formula(folder: Path, planted: Plant, tmp_path: Path) -> None:
    assert cell("=1+1") == "'=1+1"
    site.write(planted("UPDATE observation SET exact = '=HYPERLINK(1)' WHERE name = 'moniker'"), tmp_path / "site")
    texts = [name for name in contents(tmp_path / "site") if name.endswith(".csv")]
    found = [value for name in texts for value in values(tmp_path / "site" / name)]
    assert not [one for one in found if one.startswith(FORMULA_STARTS) and not re.fullmatch(NEGATIVE_NUMBER, one)]


def values(path: Path) -> Iterator[str]:
    with path.open(newline="") as file:
        yield from (value for row in csv.reader(file) for value in row)


def text(parent: ElementTree.Element, name: str) -> str:
    (child,) = parent.findall(f"{ATOM}{name}")
    return child.text or ""


@pytest.mark.slow
def test_the_feed_is_atom_with_an_entry_for_each_change(own: Path, planted: Plant) -> None:
    hostile = HOSTILE[0].replace("'", "''")
    site.write(
        planted(
            "UPDATE power SET number = 3, words = 'a handful' WHERE network = 'akash' AND number IS NOT NULL;"
            f"UPDATE proposal SET proposal = '77', title = '{hostile}' WHERE network = 'fetch'"
        ),
        own,
        AT,
    )
    # RFC 4287, 4.1.1, 4.1.2: what each must have once.
    root = ElementTree.fromstring((own / "feed.xml").read_bytes())
    assert root.tag == f"{ATOM}feed"
    assert root.attrib == {"{http://www.w3.org/XML/1998/namespace}base": AT}
    entries = root.findall(f"{ATOM}entry")
    assert len(entries) > 3
    for one in (root, *entries):
        assert TAG.fullmatch(text(one, "id"))
        assert text(one, "title")
        assert datetime.fromisoformat(text(one, "updated")).tzinfo
    assert text(root.findall(f"{ATOM}author")[0], "name")
    (own_link,) = [link.attrib for link in root.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert own_link["type"] == "application/atom+xml"
    for entry in entries:
        (link,) = entry.findall(f"{ATOM}link")
        assert link.get("rel") == "alternate"
        assert (own / str(link.get("href"))).is_file()
        (content,) = entry.findall(f"{ATOM}content")
        assert content.get("type") == "text"
        assert content.text
        assert not list(content)
    ids = [text(entry, "id") for entry in entries]
    assert len(set(ids)) == len(ids)
    updated = [text(entry, "updated") for entry in entries]
    assert updated == sorted(updated, reverse=True)
    assert text(root, "updated") == updated[0]
    assert {entry.findall(f"{ATOM}category")[0].get("term") for entry in entries} >= {"power", "proposal"}
    known = json.loads((own / "changes.json").read_bytes())
    assert [one["id"] for one in known["changes"]] == ids
    assert {one["network"] for one in known["changes"]} <= {"akash", "fetch"}
