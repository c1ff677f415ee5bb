"""A reader who goes from page to page, and what would be noticed there: links of strangers, scrolling, barriers."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, ViewportSize, WebSocket, expect

from tests.browser.site import PATIENCE, settled
from tests.conftest import ROOT

TITLES: Final = dict(re.findall(r'"pages/(\w+)\.py", title="([^"]+)"', (ROOT / "app.py").read_text()))
# The page that has no address of its own.
FIRST: Final = next(iter(TITLES))
WIDE: Final[ViewportSize] = {"width": 1440, "height": 900}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
HERE: Final = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")
# At the top of a wide screen; on a phone in the sidebar, which is shut.
NAVIGATION: Final = "[data-testid=stTopNavLink], [data-testid=stSidebarNavLink]"
# Streamlit draws the sparkline of its own metric card as an image without a name; nothing of ours can name it.
NOT_OURS = {"svg-img-alt"}
UNMOVED: Final = """() => document.getAnimations().every(
    one => one.playState !== 'running' || one.effect.getComputedTiming().iterations === Infinity)"""
PATIENT_TIMES: Final = 10


@dataclass
class Reader:
    """A session in one tab; nothing may break the policy of its pages."""

    page: Page
    strangers: list[str] = field(default_factory=list)
    """Whom the page that is open asked for anything, but the loopback server."""
    broken: list[str] = field(default_factory=list)
    received: int = 0
    """Bytes of all that came through the websocket."""
    seen: set[str] = field(default_factory=set)
    at: str = ""
    """The page that is open, with what its link said."""

    def opens(self, address: str) -> Page:
        """The page of an address, when it has run and drawn its charts."""
        self.page.goto(address)
        self._arrives(address.rpartition("/")[2] or FIRST)
        return self.page

    def turns_to(self, name: str) -> Page:
        """A page by its link in the navigation, unless it is open: scripts are loaded and compiled once a session."""
        if self.at != name:
            # The script names its page as soon as it runs; before that it has not begun, which looks like its end.
            title = f"{TITLES[name]} · DeAI Observatory"
            assert self.page.title() != title
            self.strangers.clear()
            self.page.locator(NAVIGATION).filter(has_text=TITLES[name]).dispatch_event("click")
            expect(self.page).to_have_title(title, timeout=PATIENCE)
            self._arrives(name)
        return self.page

    def _arrives(self, name: str) -> None:
        settled(self.page)
        self.at = name
        self.seen.add(name)
        self.is_lawful()

    def is_lawful(self) -> None:
        """Nothing has broken the policy of the page since it was last asked."""
        broken, self.broken = self.broken, []
        assert broken == []

    def note_request(self, request: Request) -> None:
        if not request.url.startswith(HERE):
            self.strangers.append(request.url)

    def note_message(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.broken.append(message.text)

    def note_socket(self, socket: WebSocket) -> None:
        socket.on("framereceived", self.note_frame)

    def note_frame(self, frame: str | bytes) -> None:
        self.received += len(frame)


@contextmanager
def reading(page: Page) -> Iterator[Reader]:
    """A reader in a tab."""
    found = Reader(page)
    page.set_default_timeout(PATIENCE)
    page.on("request", found.note_request)
    page.on("console", found.note_message)
    page.on("websocket", found.note_socket)
    yield found
    found.is_lawful()


@contextmanager
def touring(context: BrowserContext, first: str, size: ViewportSize | None = None) -> Iterator[Reader]:
    """A reader who has come by an address, in the light on a wide screen, or in the dark on another one."""
    with context.new_page() as page, reading(page) as reader:
        if size:
            page.set_viewport_size(size)
            page.emulate_media(color_scheme="dark")
        reader.opens(first)
        yield reader


def unsafe_links(page: Page) -> list[str]:
    """Links that lead anywhere but into this application, or to a source of our own files."""
    links: list[str] = page.eval_on_selector_all("a", "links => links.map(link => link.href)")
    inside = page.url.split("/", 3)[:3]
    own = "".join(path.read_text() for path in (ROOT / "data" / "reference").glob("*.toml"))
    return [link for link in links if link and link.split("/", 3)[:3] != inside and link not in own]


def sideways(page: Page) -> int:
    """By how many pixels a page is wider than its screen, and is still a while later: then it scrolls sideways."""

    def wider() -> list[str]:
        return [str(pixels)] if (pixels := _wider(page)) else []

    return next(map(int, lasting(page, wider)), 0)


def _wider(page: Page) -> int:
    """Pixels by which the page is wider than the screen."""
    return int(
        page.evaluate(
            "Math.max(...[document.scrollingElement, document.querySelector('[data-testid=stMain]')]"
            ".map(part => part.scrollWidth - part.clientWidth))"
        )
    )


def serious(page: Page, axe: str, *rules: str) -> list[str]:
    """Serious and critical barriers that axe-core finds, each with where it is. rules: all where none is named."""
    # Into the page by the back door: its own policy would let in no script of ours.
    page.evaluate(axe)
    asked = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}

    def barriers() -> list[str]:
        # A colour that is still on its way to another one is none that anybody reads.
        page.wait_for_function(UNMOVED)
        found: list[dict[str, Any]] = page.evaluate("async asked => (await axe.run(document, asked)).violations", asked)
        return [
            f"{barrier['id']}: {node['html'][:200]}"
            for barrier in found
            if barrier["impact"] in {"serious", "critical"} and barrier["id"] not in NOT_OURS
            for node in barrier["nodes"]
        ]

    return lasting(page, barriers)


def lasting(page: Page, found: Callable[[], list[str]]) -> list[str]:
    """What is found, and found again a while later: a crowded browser may be about to lay a page out, or paint it."""
    for _ in range(PATIENT_TIMES):
        if not (told := found()):
            return []
        page.wait_for_timeout(500)
    return told


# One fold of each kind, by the last two words of what it says: those of every network are alike.
FOLDS: Final = """() => {
    const kinds = new Set();
    for (const fold of document.querySelectorAll('[data-testid=stMain] details:not([open]) > summary')) {
        const kind = fold.textContent.trim().split(' ').slice(-2).join(' ');
        if (!kinds.has(kind)) fold.click();
        kinds.add(kind);
    }
    return kinds.size;
}"""
EMPTY: Final = "[data-testid=stMain] details[open]:not(:has([data-testid=stVerticalBlock] > *))"


def unfold(page: Page) -> None:
    """Opens one fold of each kind, and waits until all that was in them has come."""
    page.evaluate(FOLDS)
    expect(page.locator(EMPTY)).to_have_count(0, timeout=PATIENCE)
    settled(page)


# Tables with a bar of their own below them scroll; nothing else may.
SCROLLING: Final = """() => [...document.querySelectorAll('[data-testid=stMain] *:not(.dvn-scroller)')]
    .filter(one => one.scrollWidth > one.clientWidth + 1 && one.checkVisibility()
        && ['auto', 'scroll'].includes(getComputedStyle(one).overflowX))
    .map(one => `${one.closest('[data-testid]').dataset.testid}: ${one.textContent.slice(0, 80)}`)"""


def scrolling(page: Page) -> list[str]:
    """Parts of a page beside its data grids that scroll sideways."""
    found: list[str] = page.evaluate(SCROLLING)
    return found


# Whatever can be clicked or written into, in sight; those in a group of which one is chosen are reached by arrows.
CONTROLS: Final = """() => [...document.querySelectorAll(
    '[data-testid=stMain] :is(a[href], button, input, select, textarea, summary, [tabindex="0"])')]
    .filter(one => one.checkVisibility({visibilityProperty: true}) && !one.disabled && one.tabIndex >= 0
        && !(one.type === 'radio' && !one.checked) && one.ariaChecked !== 'false')"""
# How a control and what is around it look; what it looked like with the keyboard on it is noted before it is left.
WATCHED: Final = """() => {
    const still = new CSSStyleSheet();
    still.replaceSync('*, *::before, *::after { transition: none !important }');
    document.adoptedStyleSheets = [still];
    const look = one => [...Array(10)].map((_, up) => {
        let part = one;
        for (; up && part; up--) part = part.parentElement;
        return part && [null, '::before', '::after'].map(kind => {
            const style = getComputedStyle(part, kind);
            return [style.outline, style.boxShadow, style.border, style.backgroundColor];
        });
    });
    const looks = one => JSON.stringify(look(one));
    const watch = window.watch = {controls: (CONTROLS)(), reached: []};
    const rest = new Map(watch.controls.map(one => [one, looks(one)]));
    const resting = one => rest.get(one) || looks(one);
    const leaves = () => watch.reached.push([document.activeElement, looks(document.activeElement)]);
    window.addEventListener('keydown', leaves, true);
    const main = document.querySelector('[data-testid=stMain]');
    // After the page comes the browser's own, and then what is above the page.
    const left = () => watch.reached.findIndex(([one]) => one !== document.body && !main.contains(one));
    watch.over = () => left() >= 0;
    watch.told = async () => {
        window.removeEventListener('keydown', leaves, true);
        document.adoptedStyleSheets = [];
        document.activeElement.blur();
        // Where the keyboard began is none, and within a table it goes from column to column.
        const within = watch.reached.slice(1, left()).filter(([one]) => one !== document.body)
            .map(([one, look]) => [one.closest('canvas') || one, look])
            .filter(([one], place, all) => one !== all[place - 1]?.[0]);
        const ones = within.map(([one]) => one);
        // Of a group it comes to one, not always to the one that is chosen.
        const group = one => one.closest('[role=radiogroup]') || one;
        const groups = new Set(ones.map(group));
        const shown = one => one.outerHTML.slice(0, 200);
        const unseen = [];
        for (const [one] of within.filter(([one, reached]) => reached === resting(one))) {
            // A crowded browser may draw a ring only after the next key was pressed.
            const before = resting(one);
            one.focus({focusVisible: true});
            for (let frames = 0; frames < 200 && before === looks(one); frames++)
                await new Promise(requestAnimationFrame);
            if (before === looks(one)) unseen.push(shown(one));
            one.blur();
        }
        return {
            missed: watch.controls.filter(one => one.isConnected && !groups.has(group(one))).map(shown),
            twice: ones.filter((one, place) => ones.indexOf(one) !== place).map(shown),
            unseen,
        };
    };
    main.focus();
    return watch.controls.length;
}""".replace("CONTROLS", CONTROLS)
# So often it is pressed between two looks at where it is.
AT_ONCE: Final = 25
LONGEST_WAY: Final = 1000


def tabbed(page: Page) -> dict[str, list[str]]:
    """Controls that the Tab key misses, comes to twice, or shows no ring around."""
    assert page.evaluate(WATCHED) > 0
    for _ in range(LONGEST_WAY // AT_ONCE):
        for _ in range(AT_ONCE):
            page.keyboard.press("Tab")
        if page.evaluate("window.watch.over()"):
            break
    found: dict[str, list[str]] = page.evaluate("window.watch.told()")
    return found
