"""One dead host is one line, however many readings and networks it hurt."""

from datetime import UTC, datetime

import pytest

from questions.trouble import OFFLINE, WORDS, Failing, grouped, offline
from store.faults import Cause
from tests.conftest import ROOT

SINCE = datetime(2026, 3, 1, 10, 17, tzinfo=UTC)


def failing(
    network: str, reading: str, host: str, cause: Cause = Cause.SILENT, message: str = "refused", hour: int = 10
) -> Failing:
    return Failing(network, network.title(), reading, host, cause, message, SINCE.replace(hour=hour))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], []),
        ([failing("akash", "stake", "a")], ["a does not answer: Akash (1 reading)"]),
        # One host, many readings, several networks.
        (
            [failing(network, reading, "a") for network in ("akash", "fetch") for reading in ("stake", "names")],
            ["a does not answer: Akash (2 readings), Fetch (2 readings)"],
        ),
        # Hosts that stopped the same readings are one trouble.
        (
            [failing("akash", "stake", host) for host in "abcd"],
            ["a, b and 2 more do not answer: Akash (1 reading)"],
        ),
        # What each host does is told apart.
        (
            [failing("akash", "stake", "a"), failing("akash", "stake", "b", Cause.CHANGED)],
            [
                "a does not answer: Akash (1 reading)",
                "b answers in a shape that is not known: Akash (1 reading)",
            ],
        ),
        # The widest first.
        (
            [failing("akash", "stake", "a"), *(failing("fetch", name, "b", Cause.REFUSES) for name in ("x", "y"))],
            ["b refuses to answer: Fetch (2 readings)", "a does not answer: Akash (1 reading)"],
        ),
        # Where no host is to blame, the same reason is one trouble.
        (
            [failing("akash", name, "", Cause.OURS, "KeyError") for name in ("x", "y")],
            ["an error of ours: Akash (2 readings)"],
        ),
    ],
)
def test_what_is_alike_is_told_once(rows: list[Failing], said: list[str]) -> None:
    assert [f"{one.says}: {one.hurts}" for one in grouped(rows)] == said


def test_a_host_is_dead_since_the_first_reading_failed_and_its_first_reason_is_told() -> None:
    again = "not asked, since its host was asked in vain before (refused)"
    (one,) = grouped([failing("akash", "x", "a", message=again, hour=12), failing("akash", "y", "a", hour=9)])
    assert (one.since, one.message) == (SINCE.replace(hour=9), "refused")


def test_where_all_hosts_of_several_networks_are_silent_it_is_this_machine() -> None:
    rows = [failing(network, "stake", host) for network, hosts in (("akash", "ab"), ("fetch", "cd")) for host in hosts]
    (one,) = offline(grouped(rows))
    assert (one.says, one.remedy) == ("nobody answers, of 4 hosts of 2 networks", OFFLINE)
    assert one.hurts == "Akash (1 reading), Fetch (1 reading)"
    other = grouped([*rows, failing("fetch", "names", "e", Cause.REFUSES)])
    assert offline(other) == other


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_words_a_remedy_and_a_line_in_the_manual(cause: Cause) -> None:
    (one,) = grouped([failing("akash", "stake", "a", cause)])
    assert all(WORDS[cause])
    assert "{" not in one.remedy
    assert WORDS[cause][0] in (ROOT / "docs" / "operations.md").read_text()
