"""What a reader would notice on a page: links that strangers made, sideways scrolling, barriers."""

from typing import Any

from playwright.sync_api import Page

# Streamlit draws the sparkline of its own metric card as an image without a name; nothing of ours can name it.
NOT_OURS = {"svg-img-alt"}


def unsafe_links(page: Page) -> list[str]:
    """Links that lead anywhere but into this application."""
    links: list[str] = page.eval_on_selector_all("a", "links => links.map(link => link.href)")
    inside = page.url.split("/", 3)[:3]
    return [link for link in links if link and link.split("/", 3)[:3] != inside]


def sideways(page: Page) -> int:
    """Pixels by which the page is wider than the screen."""
    return int(
        page.evaluate(
            "Math.max(...[document.scrollingElement, document.querySelector('[data-testid=stMain]')]"
            ".map(part => part.scrollWidth - part.clientWidth))"
        )
    )


def serious(page: Page, axe: str) -> list[str]:
    """Serious and critical barriers that axe-core finds, each with where it is."""
    # Into the page by the back door: its own policy would let in no script of ours.
    page.evaluate(axe)
    found: list[dict[str, Any]] = page.evaluate(
        "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
    )
    return [
        f"{barrier['id']}: {node['html'][:200]}"
        for barrier in found
        if barrier["impact"] in {"serious", "critical"} and barrier["id"] not in NOT_OURS
        for node in barrier["nodes"]
    ]
