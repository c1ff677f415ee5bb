"""Under a label stand its evidence, its days and the way to object."""

from datetime import UTC, datetime

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from store.reference import ENTITIES
from tests.worlds.gallery_names import HOSTILE
from ui import inert, labels

DAY = datetime(2026, 11, 29, tzinfo=UTC)


def rows(*changed: dict[str, object]) -> pl.DataFrame:
    whole = {
        "network": "fet", "address": "0x" + "ab" * 20, "entity": "firm", "name": "Firm", "kind": "operator",
        "valid_from": None, "valid_to": None, "source": "https://firm.example/keys", "recorded_at": DAY,
        "checked_at": DAY,
    }  # fmt: skip
    return pl.DataFrame([{**whole, **one} for one in changed], schema=ENTITIES, orient="row")


def test_a_label_says_its_evidence_and_its_days() -> None:
    assert labels.told(rows({})) == (
        "Label of 0xababab…ababab: **Firm**, operator. Evidence: [firm.example](https://firm.example/keys); "
        "recorded 29 Nov 2026, opened 29 Nov 2026."
    )


def test_a_label_that_ended_or_that_nobody_could_open_says_so() -> None:
    told = labels.told(rows({"valid_to": DAY, "checked_at": None}))
    assert told.endswith("recorded 29 Nov 2026, ended 29 Nov 2026, nobody could open it.")


def test_of_many_labels_the_first_are_told() -> None:
    assert labels.told(rows(*[{}] * 5)).endswith("and two labels more.")


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_label_says_is_text(text: str) -> None:
    told = labels.told(rows({"name": text, "source": text}))
    assert told.count(inert.markdown(text, 400)) >= 2


def shown() -> None:
    from tests.ui.test_labels import rows
    from ui import labels

    labels.evidence(rows())
    labels.evidence(rows({}))


@pytest.mark.slow
def test_who_has_no_label_has_no_evidence() -> None:
    page = AppTest.from_function(shown, default_timeout=60).run()
    assert len(page.caption) == 1
