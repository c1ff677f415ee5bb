"""Pages without scripts and a feed, built as trees: whatever strangers wrote is text in them and never markup."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, SubElement, tostring

from files.changes import Change, Known
from files.documents import Document
from store.visible import plain

ATOM: Final = "http://www.w3.org/2005/Atom"
NAME: Final = "DeAI Observatory"
SIMULATED: Final = "Simulated numbers: this is the sample, and nothing here says anything about a real network."
STYLE: Final = b"""body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; padding: .3rem; border-bottom: 1px solid #8888 }
.scroll { overflow-x: auto } .simulated { border: 2px solid #b45309; padding: .5rem }
@media (prefers-color-scheme: dark) { body { background: #111; color: #eee } a { color: #8bf } }
"""
LONGEST: Final = 600


def page(one: Document, *, at: str, simulated: bool) -> bytes:
    """The page of a document: its sentence, its table, where the numbers come from, and where programs get them."""
    root, body = _page(one.title, one.sentence, f"{one.path}.html", "../", at, simulated=simulated)
    name = one.path.rpartition("/")[2]
    rows = one.rows.select(*one.shown).rows()
    if rows:
        _table(body, tuple(one.shown.values()), rows, one.title)
    if source := one.numbers.get("source"):
        block = f"{source['chain_id']}, block {source['block']:,}, {source['hash']}, {source['time']}"
        _add(body, "p", f"{block}, from {source['endpoint']}. How it is read: {source['method']}")
    links = _add(body, "p", "The same as ")
    _link(links, f"{name}.json", "JSON", " and ")
    _link(links, f"{name}.csv", "CSV", ". ")
    _link(links, "../index.html", "All networks", ".")
    return _html(root)


def index(found: Sequence[Document], *, at: str, simulated: bool) -> bytes:
    """The page of all documents, a sentence each."""
    says = "How few can force or stop what on each network, and over how many equal parties each measure is spread."
    root, body = _page(NAME, says, "index.html", "", at, simulated=simulated)
    links = _add(body, "p", "For programs: ")
    _link(links, "latest.json", "latest.json", " with ")
    _link(links, "latest.schema.json", "its schema", "." if simulated else "; changes as ")
    if not simulated:
        _link(links, "feed.xml", "a feed", " and as ")
        _link(links, "changes.json", "JSON", ".")
    entries = SubElement(body, "ul")
    for one in found:
        _link(SubElement(entries, "li"), f"{one.path}.html", one.sentence, "")
    return _html(root)


def _page(title: str, says: str, path: str, up: str, at: str, *, simulated: bool) -> tuple[Element, Element]:
    """An empty page with its preview for whoever links to it; up: from there to the folder of files."""
    title, says = plain(title, LONGEST), plain(says, LONGEST)
    if simulated:
        title = f"{title} (simulated)"
    root = Element("html", lang="en")
    head = SubElement(root, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    _add(head, "title", title)
    described = f"{SIMULATED} {says}" if simulated else says
    told = {"og:title": title, "og:description": described, "og:type": "article", "og:site_name": NAME}
    if at:
        told["og:url"] = urljoin(at, path)
    SubElement(head, "meta", name="description", content=described)
    SubElement(head, "meta", name="twitter:card", content="summary")
    for name, content in told.items():
        SubElement(head, "meta", property=name, content=content)
    SubElement(head, "link", rel="stylesheet", href=f"{up}style.css")
    if not simulated:
        SubElement(head, "link", rel="alternate", type="application/atom+xml", title="Changes", href=f"{up}feed.xml")
    body = SubElement(root, "body")
    if simulated:
        _add(body, "p", SIMULATED).set("class", "simulated")
    _add(body, "h1", title)
    _add(body, "p", says)
    return root, body


def _table(body: Element, headings: Sequence[str], rows: Sequence[Sequence[object]], said: str) -> None:
    whole = SubElement(SubElement(body, "div", {"class": "scroll"}), "table")
    _add(whole, "caption", plain(said, LONGEST))
    head = SubElement(SubElement(whole, "thead"), "tr")
    for heading in headings:
        _add(head, "th", heading).set("scope", "col")
    inside = SubElement(whole, "tbody")
    for row in rows:
        line = SubElement(inside, "tr")
        for cell in row:
            _add(line, "td", "–" if cell is None else str(cell))


def _add(parent: Element, name: str, text: str) -> Element:
    child = SubElement(parent, name)
    child.text = plain(text, LONGEST)
    return child


def _link(parent: Element, to: str, text: str, after: str) -> None:
    child = _add(parent, "a", text)
    child.set("href", to)
    child.tail = after


def _html(root: Element) -> bytes:
    return f"<!doctype html>\n{tostring(root, encoding='unicode', method='html')}\n".encode()


def feed(known: Known, *, at: str) -> bytes:
    """An Atom feed of changes, the newest first; before there is any, it is as old as what they are compared with."""
    root = Element("feed", xmlns=ATOM)
    if at:
        root.set("xml:base", at)
    _atom(root, "id", f"tag:{known.authority},2026:changes")
    _atom(root, "title", f"{NAME}: what changed")
    _atom(root, "updated", known.changes[0].updated if known.changes else known.since)
    _atom(SubElement(root, "author"), "name", NAME)
    _atom(root, "link", rel="self", type="application/atom+xml", href="feed.xml")
    _atom(root, "link", rel="alternate", type="text/html", href="index.html")
    for one in known.changes:
        _entry(root, one)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{tostring(root, encoding='unicode')}\n".encode()


def _entry(root: Element, one: Change) -> None:
    entry = SubElement(root, "entry")
    _atom(entry, "id", one.id)
    _atom(entry, "title", one.title)
    _atom(entry, "updated", one.updated)
    _atom(entry, "category", term=one.kind)
    _atom(entry, "category", term=one.network)
    _atom(entry, "link", rel="alternate", type="text/html", href=one.page)
    block = (
        f" {one.chain_id}, block {one.block:,}{f' ({one.hash})' if one.hash else ''}." if one.block is not None else ""
    )
    _atom(entry, "content", f"{one.says}{block}".strip() or one.title, type="text")


def _atom(parent: Element, name: str, text: str = "", **attributes: str) -> None:
    child = SubElement(parent, name, attributes)
    if text:
        child.text = plain(text, 2 * LONGEST)
