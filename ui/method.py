"""Our own documents as pages show them: a paragraph on each metric, whole ones as they are."""

import re
from functools import cache
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).parent.parent / "docs"


@cache
def paragraph(metric: str) -> str:
    """The paragraph of docs/metrics.md on one metric, as Markdown."""
    text = (DOCS / "metrics.md").read_text()
    found = re.search(rf"^### `{re.escape(metric)}`[^\n]*\n(.*?)(?=^##|\Z)", text, re.DOTALL | re.MULTILINE)
    if found is None:
        raise LookupError(f"docs/metrics.md has no paragraph on {metric}")
    return _flowing(found[1])


@cache
def rules_of_metrics() -> str:
    """What docs/metrics.md says of all metrics, as Markdown."""
    text = (DOCS / "metrics.md").read_text()
    return _flowing(text.partition("\n")[2].partition("\n## ")[0])


@cache
def document(name: str) -> str:
    """A document of ours without its title, its headings smaller than a page's own, its links to others left out."""
    text = (DOCS / f"{name}.md").read_text().partition("\n")[2]
    return re.sub(r"\[([^\]]+)\]\([\w./#-]+\)", r"\1", _flowing(text))


def _flowing(text: str) -> str:
    """Headings as bold lines, since a page has its own outline; code in one colour, since those of SQL are too pale."""
    plain = re.sub(r"^```\w+$", "```", text, flags=re.MULTILINE)
    return re.sub(r"^#+ (.*)$", r"**\1**", plain, flags=re.MULTILINE).strip()
