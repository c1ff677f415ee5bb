"""Pages explain every metric in the words of our own documents."""

import pytest

from analytics.spread.metrics import METRICS
from ui import method


@pytest.mark.parametrize("name", list(METRICS))
def test_every_metric_has_its_paragraph_and_no_others(name: str) -> None:
    text = method.paragraph(name)
    assert "Formula" in text
    assert "###" not in text


def test_an_unknown_metric_is_an_error() -> None:
    with pytest.raises(LookupError):
        method.paragraph("decentralization")


def test_the_rules_are_shown_without_headings_of_their_own() -> None:
    assert "\n#" not in method.document("verdicts") + method.rules_of_metrics()
    for name in ("verdicts", "claims", "objections"):
        assert "](" not in method.document(name)
    assert "borderline" in method.document("verdicts")


def test_code_of_a_document_is_in_one_colour_that_all_can_read() -> None:
    assert "```\nSELECT" in method.document("verdicts")
    assert "```sql" not in method.document("verdicts")
