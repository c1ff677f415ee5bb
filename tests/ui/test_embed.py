"""A chart by itself is named by an address, which strangers write."""

import pytest

from ui import embed


@pytest.mark.parametrize(
    ("query", "chart"),
    [
        ("embed=true&chart=ranked", "ranked"),
        ("net=akash&chart=panel-akash-validators&embed=true", "panel-akash-validators"),
        ("chart=ranked", ""),
        ("embed=false&chart=ranked", ""),
        ("embed=true", ""),
        ("embed=true&chart=", ""),
        ("embed=true&chart=A", ""),
        ("embed=true&chart=a){}</style><script>", ""),
        ("embed=true&chart=" + "a" * 101, ""),
        ("embed=true&chart=%C3%A9", ""),
    ],
)
def test_only_a_name_of_ours_is_a_chart(query: str, chart: str) -> None:
    assert embed.named(query) == chart


def test_the_style_names_the_chart_alone() -> None:
    assert embed.style("ranked").count(".st-key-alone-ranked") == 3
