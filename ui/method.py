"""Our own documents as pages show them: a paragraph on each metric, the rules of the verdicts."""

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
def rules_of_verdicts() -> str:
    """docs/verdicts.md without its title, its headings made smaller than a page's own."""
    text = (DOCS / "verdicts.md").read_text().partition("\n")[2]
    return re.sub(r"^#+ (.*)$", r"**\1**", text, flags=re.MULTILINE)


def _flowing(text: str) -> str:
    """Headings as bold lines; a page has its own outline."""
    return re.sub(r"^#+ (.*)$", r"**\1**", text, flags=re.MULTILINE).strip()
