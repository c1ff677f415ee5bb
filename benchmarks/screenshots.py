"""Pictures of every page, light and dark, wide and narrow, for people to look at: `make screenshots [SITE=address]`.

Without an address it serves the data of DEAI_DATA (or data/sample) itself. Pictures go to build/screenshots/.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from os import environ
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, sync_playwright

from tests.browser.site import FLAGS, chromium, settled, streamlit, unroll
from tests.conftest import ROOT

OUT: Final = ROOT / "build" / "screenshots"
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
WIDTHS: Final = (1440, 390)
DEFAULT_PAGE: Final = "scorecard"


def main(addresses: list[str]) -> None:
    """Photographs every page of the given site, or of one that it serves itself."""
    OUT.mkdir(parents=True, exist_ok=True)
    with _site(addresses) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for name, scheme, width in product(pages(), SCHEMES, WIDTHS):
            print(_photograph(browser, site, name, scheme, width).relative_to(ROOT), flush=True)
        browser.close()


def pages() -> list[str]:
    """The names of all pages."""
    return sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem != "__init__")


@contextmanager
def _site(addresses: list[str]) -> Iterator[str]:
    if addresses:
        yield addresses[0].rstrip("/")
        return
    with streamlit("server.py", {"DEAI_DATA": environ.get("DEAI_DATA", str(ROOT / "data" / "sample"))}) as address:
        yield address


def _photograph(browser: Browser, site: str, name: str, scheme: Literal["light", "dark"], width: int) -> Path:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce", has_touch=width < 500
    )
    page = context.new_page()
    page.goto(f"{site}/{'' if name == DEFAULT_PAGE else name}")
    settled(page)
    unroll(page)
    picture = OUT / f"{name}-{scheme}-{width}.png"
    page.screenshot(path=picture, animations="disabled")
    context.close()
    return picture


if __name__ == "__main__":
    main(sys.argv[1:])
