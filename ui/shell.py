"""The page that a browser gets before any number: its title, its sentence, its picture, and the scripts it will need.

Streamlit answers every address with one page of its own, named Streamlit. Whoever shares a link, and the machine that
draws the card of a shared link, sees no more than this page; a browser that knows early which scripts come has them
sooner.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import URL, Headers
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from streamlit.file_util import get_static_dir

from store.mart import NoMart, data_folder, served_folder, site_folder
from ui import embed
from ui.inert import plain
from ui.packed import ASK_AGAIN, CODES, code_for, tag_for
from ui.site import base

ROOT: Final = Path(__file__).parent.parent
SITE: Final = "DeAI Observatory"
PICTURE: Final = Path(__file__).with_name("preview.png")
# Streamlit's scripts by the name before their hash, and what a page calls that needs them.
DRAWS: Final = {"PlotlyChart": re.compile(r"\bdraw\.(show|clickable|panels)\("), "DataFrame": re.compile(r"\bdraw\.")}
WITHOUT_SCRIPTS: Final = (
    '<p>Charts need JavaScript; <a href="./data/">the same numbers as plain pages</a> need none.</p>'
)
# What Streamlit's theme cannot say: its captions pale the links in them below what all can read, a table shows no ring
# when the keyboard reaches it, the ring of a chart's buttons is black in the dark too, and long addresses in tables and
# lines of code in documents are never broken, so that a phone scrolls sideways.
READABLE: Final = (
    "<style>[data-testid=stMain] [data-testid=stCaptionContainer]{opacity:.85}"
    "[data-testid=stMain] .js-plotly-plot .plotly .modebar-btn:focus-visible,"
    "[data-testid=stDataFrameResizable]:has(:focus-visible){outline:2px solid currentColor}"
    "[data-testid=stMain] :is(td,th,td *){overflow-wrap:anywhere}"
    "[data-testid=stMarkdown] [data-testid=stCode] code{white-space:pre-wrap!important}</style>"
)
# A row of the scorecard (ui/card.py): places as Streamlit's columns have them, links as its own, and their tooltips,
# which Streamlit has for elements of its own alone. The colours are those of the theme (.streamlit/config.toml).
CARDS: Final = (
    "<style>[data-testid=stMain] .card{display:grid;grid-template-columns:2fr 3fr 3fr 8fr;column-gap:1rem;"
    "margin-bottom:.25rem}"
    "[data-testid=stMain] .card>div{position:relative;min-width:0}"
    "[data-testid=stMain] .card p{margin:0 0 .15rem}"
    "[data-testid=stMain] .tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(240px,1fr));"
    "column-gap:.5rem}[data-testid=stMain] .tiles p{position:relative}"
    "[data-testid=stMain] .leads{display:inline-block;padding:0 .5rem;border-radius:.5rem;color:inherit!important;"
    "text-decoration:none!important;font-size:.875rem}"
    "[data-testid=stMain] .leads:is(:hover,:focus-visible){background:light-dark(#e6e9ee,#232d3a);outline:none}"
    "[data-testid=stMain] .leads:is(:hover,:focus-visible)+[role=tooltip]{display:block!important}"
    "[data-testid=stMain] [role=tooltip]{position:absolute;left:0;z-index:9;min-width:min(20rem,100%);max-width:26rem;"
    "padding:.5rem .75rem;border-radius:.5rem;font-size:.875rem;background:light-dark(#fff,#18202a);"
    "border:1px solid light-dark(#dde3ea,#2b3644);box-shadow:0 2px 8px #0003}"
    "@media(max-width:640px){[data-testid=stMain] .card{grid-template-columns:1fr;row-gap:.75rem}}</style>"
)
# A click on a link of a row goes where Back would: within the session, as Streamlit's own links do.
LEADS: Final = """
addEventListener("click", event => {
  const link = event.target.closest?.("a.leads");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  history.pushState({}, "", link.href);
  dispatchEvent(new PopStateEvent("popstate"));
});
"""
PLAIN: Final = "body{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}"


@dataclass(frozen=True, slots=True)
class Page:
    """A page as app.py lists it: what stands after the last slash, title, its sentence, and the scripts it needs."""

    name: str
    title: str
    sentence: str
    scripts: tuple[str, ...]


@cache
def pages() -> Mapping[str, Page]:
    """All pages by what stands after the last slash of their address; the first has no name there."""
    listed = re.findall(r'"pages/(\w+)\.py", title="([^"]+)"(.*)', (ROOT / "app.py").read_text())
    found = [_page("" if "default=True" in rest else name, name, title) for name, title, rest in listed]
    return {page.name: page for page in found}


def _page(name: str, file: str, title: str) -> Page:
    text = (ROOT / "pages" / f"{file}.py").read_text()
    needed = [script for script, drawn in DRAWS.items() if drawn.search(text)]
    loaded = dict.fromkeys(path for one in needed for path in scripts(one))
    return Page(name, title, text.split('"""')[1].strip(), tuple(loaded))


@cache
def scripts(name: str) -> tuple[str, ...]:
    """A script of Streamlit's by the name before its hash, and all that it loads itself."""
    folder = Path(get_static_dir()) / "static" / "js"
    wanted, found = [path.name for path in folder.glob(f"{name}.*.js")], []
    while wanted:
        one = wanted.pop(0)
        if one not in found:
            found.append(one)
            wanted += re.findall(r'(?:from|import)"\./([\w.-]+\.js)"', (folder / one).read_text())
    return tuple(f"./static/js/{one}" for one in found)


def page_at(path: str) -> Page | None:
    """The page that has an address, given without its query; None where there is none."""
    above, _, name = path.rpartition("/")
    return pages().get(name) if above == base() else None


async def answer(page: Page | None, scope: Scope, receive: Receive, send: Send) -> None:
    """What a browser gets at the address of a page, or where there is none."""
    await _answer(page, scope)(scope, receive, send)


def _answer(page: Page | None, scope: Scope) -> Response:
    asked = Headers(scope=scope)
    # Anybody may write bytes there that are no text.
    query = scope.get("query_string", b"").decode(errors="replace").encode()
    body = (nowhere() if page is None else shell(page, URL(scope={**scope, "query_string": query}))).encode()
    code = code_for(asked)
    tag = tag_for(f'"{sha256(body).hexdigest()[:32]}"', code)
    headers = {"Cache-Control": ASK_AGAIN, "Vary": "Accept-Encoding", "ETag": tag}
    if page is not None and tag in asked.get("if-none-match", ""):
        return Response(None, 304, headers)
    if code:
        body, headers["Content-Encoding"] = CODES[code](body), code
    return HTMLResponse(body, 404 if page is None else 200, headers)


def shell(page: Page, at: URL) -> str:
    """Streamlit's page with what is said of ours; at: the address that was asked for."""
    head = [
        f"<title>{escape(page.title)} · {SITE}</title>",
        *_card(page, at),
        READABLE,
        CARDS,
        f"<script>{LEADS}</script>",
    ]
    if chart := embed.named(at.query):
        head.append(embed.style(chart))
    before, middle, after = _parts()
    # After those of Streamlit's own, without which nothing begins.
    later = [f'<link rel="modulepreload" crossorigin href="{path}">' for path in page.scripts if path not in middle]
    return "\n".join([before, *head, middle, *later, after])


@cache
def _parts() -> tuple[str, str, str]:
    """Streamlit's own page, cut at its title and at the end of its head; without an interface that nobody has here."""
    text = (Path(get_static_dir()) / "index.html").read_text()
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r'<link rel="service-desc"[^>]*>', "", text)
    text = re.sub(r"<noscript>.*?</noscript>", f"<noscript>{WITHOUT_SCRIPTS}</noscript>", text, flags=re.DOTALL)
    # Indented as before: the policy of the page has the hash of its script, letter by letter.
    before, rest = re.sub(r"\n\s*\n", "\n", text).strip().split("<title>Streamlit</title>")
    middle, after = rest.split("</head>")
    return before, middle, f"</head>{after}"


def _card(page: Page, at: URL) -> Iterator[str]:
    """What the card of a shared link shows; all of it from here, since whoever draws it starts no session."""
    home = f"{at.scheme}://{at.netloc}{base()}/"
    told = {
        "og:type": "website",
        "og:site_name": SITE,
        "og:title": page.title,
        "og:description": sentence(page, at),
        "og:url": f"{home}{page.name}{'?' if at.query else ''}{at.query}",
        "og:image": f"{home}{PICTURE.name}",
        "og:image:alt": "Which layers of decentralized AI are really decentralized, in math and in power?",
    }
    yield f'<meta name="description" content="{escape(told["og:description"])}">'
    yield '<meta name="twitter:card" content="summary_large_image">'
    for name, content in told.items():
        yield f'<meta property="{name}" content="{escape(content)}">'


def sentence(page: Page, at: URL) -> str:
    """What is said of a page: of the network that its link names, where the last publish tells; else what it is for."""
    network = parse_qs(at.query).get("net", [""])[0]
    return _told().get(network, page.sentence) if page.name == "power" else page.sentence


def _told() -> Mapping[str, str]:
    """What the last publish says of each network's power, in a sentence; nothing before the first."""
    try:
        latest = site_folder(served_folder(data_folder())) / "latest.json"
        return _sentences(latest, latest.stat().st_mtime_ns)
    except (NoMart, FileNotFoundError):
        return {}


@lru_cache(maxsize=2)
def _sentences(latest: Path, _changed: int) -> Mapping[str, str]:
    told = json.loads(latest.read_bytes())
    invented = "Simulated numbers. " if told["simulated"] else ""
    return {one["network"]: f"{invented}{_power(one['title'], one['power'])}" for one in told["networks"]}


def _power(title: str, sides: list[dict[str, str]]) -> str:
    """Of one network, what is known of who can force something and who can stop it."""
    said = [f"to {one['side']} something it takes {one['text']}" for one in sides if one["state"] == "rated"]
    return f"{plain(title)}: {'; '.join(said) or 'who has power over it was not read'}."


def nowhere() -> str:
    """What stands at an address without a page: which pages there are. It loads nothing, wherever it stands."""
    links = [f'<li><a href="{base()}/{one.name}">{escape(one.title)}</a></li>' for one in pages().values()]
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="UTF-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" '
        f'content="light dark"><title>No such page · {SITE}</title><style>{PLAIN}</style></head>'
        f"<body><main><h1>There is no page at this address</h1><ul>{''.join(links)}"
        f'<li><a href="{base()}/data/">The same numbers as plain files</a></li></ul></main></body></html>'
    )


async def picture(request: Request) -> Response:  # noqa: ARG001
    """The picture on the card of a shared link; it shows no number, since cards are kept for long."""
    return FileResponse(PICTURE, headers={"Cache-Control": "public, max-age=86400"})


def picture_route() -> Route:
    """Where that picture stands."""
    return Route(f"{base()}/{PICTURE.name}", picture)
