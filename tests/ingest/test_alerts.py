"""Alerts: told once, by rules, to a webhook that may fail, without its secret; and none where a reading is silent."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from files.changes import Change, Known, begun, compared, document
from files.documents import as_json
from files.watched import Kind, Watched
from ingest.alerts import Rule, WrongRules, rules
from tests.files.test_changes import NOW, one
from tests.worlds.moving_chain import called
from tests.worlds.servers import Reply, Request, serving

SECRET = "T0cAnArY9sEcReT"
FEW = """
webhook = "TEAM_HOOK_URL"

[[rule]]
name = "few can halt it"
kinds = ["power"]
networks = ["akash"]
subject = "force"
at_most = 2
"""
FRESH, PARTIAL, STALE, ALERTS, USAGE = 0, 3, 4, 5, 2


@pytest.fixture
def publish(tmp_path: Path) -> Callable[..., None]:
    """Publishes what is watched, as a run does; the first time there is nothing before it."""
    known: list[Known] = [begun(NOW, "")]

    def published(*watched: Watched) -> None:
        known.append(compared(known[-1], watched, NOW.replace(hour=len(known))))
        site = tmp_path / "site"
        site.mkdir(exist_ok=True)
        (site / "changes.json").write_bytes(as_json(document(known[-1])))

    return published


def power(number: int | None) -> Watched:
    return Watched(Kind.POWER, "akash", "Akash", "force halt", "how few can halt it",
                   None if number is None else str(number), f"{number} parties", number=number)  # fmt: skip


def silence(value: str) -> Watched:
    return one(value, kind=Kind.SILENCE, subject="consensus")


@pytest.fixture
def asked(tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """Asks for alerts by some rules, as cron does."""

    def alerts(text: str = FEW, *more: str, **environment: str) -> tuple[int, str, str]:
        file = tmp_path / "alerts.toml"
        file.write_text(text)
        return called(tmp_path, "alerts", "--rules", str(file), *more, **environment)

    return alerts


def test_a_planted_change_is_told_once_and_the_webhook_is_asked_again_until_it_takes_it(
    publish: Callable[..., None], asked: Callable[..., tuple[int, str, str]]
) -> None:
    heard: list[Request] = []

    def hook(request: Request) -> Reply:
        heard.append(request)
        return Reply({"echo": request.path}, status=503 if len(heard) < 3 else 200)

    publish(power(4), silence("heard"))
    with serving(hook) as address:
        at = {"TEAM_HOOK_URL": f"{address}/services/{SECRET}"}
        assert asked(**at)[0] == FRESH
        publish(power(2), silence("heard"))
        code, output, errors = asked(FEW, "--json", **at)
        assert code == ALERTS, errors
        assert asked(**at)[:2] == (FRESH, "")
    (alert,) = json.loads(output)["alerts"]
    assert (alert["rule"], alert["network"], alert["before"], alert["after"]) == (
        "few can halt it", "akash", "4 parties", "2 parties",
    )  # fmt: skip
    assert [request.method for request in heard] == ["POST"] * 3
    assert json.loads(heard[-1].body) == json.loads(output)
    assert SECRET not in output + errors


def test_the_first_call_tells_no_change_of_before_the_newest_publish(
    publish: Callable[..., None], asked: Callable[..., tuple[int, str, str]]
) -> None:
    for number in (4, 2, 2):
        publish(power(number))
    with serving(lambda _: Reply({})) as address:
        assert asked(TEAM_HOOK_URL=address)[:2] == (FRESH, "")
        publish(power(1))
        assert asked(TEAM_HOOK_URL=address)[0] == ALERTS


def test_no_silent_reading_is_an_alert_of_power(
    publish: Callable[..., None], asked: Callable[..., tuple[int, str, str]]
) -> None:
    every = '[[rule]]\nname = "all of Akash"\nnetworks = ["akash"]\n'
    publish(power(4), silence("heard"))
    assert asked(every)[0] == FRESH
    publish(power(None), silence("silent"))
    assert asked(every)[:2] == (FRESH, "")
    publish(power(4), silence("silent"))
    assert asked(every)[:2] == (FRESH, "")


def test_that_a_reading_went_silent_is_told_where_it_is_asked_for(
    publish: Callable[..., None], asked: Callable[..., tuple[int, str, str]]
) -> None:
    publish(silence("heard"))
    publish(silence("silent"))
    code, output, _ = asked('[[rule]]\nname = "silent"\nkinds = ["silence"]\n')
    assert (code, output.startswith("silent: Akash:")) == (ALERTS, True)


def test_what_the_webhook_did_not_take_is_told_again_and_its_address_never(
    publish: Callable[..., None], asked: Callable[..., tuple[int, str, str]]
) -> None:
    publish(power(4))
    publish(power(1))

    def refuses(request: Request) -> Reply:
        return Reply(f"no such hook {request.path}".encode(), status=404)

    with serving(refuses) as address:
        code, output, errors = asked(TEAM_HOOK_URL=f"{address}/services/{SECRET}?token={SECRET}")
    assert code == PARTIAL
    assert "answered 404" in errors
    assert SECRET not in output + errors
    with serving(lambda _: Reply({})) as address:
        assert [asked(TEAM_HOOK_URL=f"{address}/x")[0] for _ in range(2)] == [ALERTS, FRESH]


@pytest.mark.parametrize("address", ["", f"not-an-address-{SECRET}"])
@pytest.mark.parametrize("numbers", [(4,), (4, 1)])
def test_a_webhook_that_is_not_set_is_wrong_usage_before_there_is_anything_to_send(
    address: str, numbers: Sequence[int], publish: Callable[..., None], asked: Callable[..., tuple[int, str, str]]
) -> None:
    for number in numbers:
        publish(power(number))
    code, output, errors = asked(TEAM_HOOK_URL=address)
    assert (code, output, "TEAM_HOOK_URL" in errors, SECRET in errors) == (USAGE, "", True, False)


def test_before_anything_real_is_published_there_is_nothing_to_tell(asked: Callable[..., tuple[int, str, str]]) -> None:
    code, _, errors = asked()
    assert (code, "no changes are told" in errors) == (STALE, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no rule"),
        ("[[rule]", "Expected"),
        ("[[rule]]\nkinds = ['word']", "a rule has no name"),
        ("[[rule]]\nname = 'x'\nkinds = ['wrd']", "x: kinds cannot be"),
        ("[[rule]]\nname = 'x'\nkinds = [['word']]", "x: kinds cannot be"),
        ("[[rule]]\nname = 'x'\nnetworks = ['akas']", "x: networks cannot be .*; there are akash, fet"),
        ("[[rule]]\nname = 'x'\nat_most = true", "x: at_most cannot be"),
        ("[[rule]]\nname = 'x'\nabove = 3", "x: above cannot be"),
        ("webhook = 'https://hooks.example/secret'\n[[rule]]\nname = 'x'", "environment variable"),
        ("hook = 'A_URL'\n[[rule]]\nname = 'x'", "there is no hook"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(WrongRules, match=said):
        rules(text, ["fet", "akash"])


def test_a_rule_wants_its_kinds_networks_subjects_and_counts(publish: Callable[..., None], tmp_path: Path) -> None:
    publish(power(4))
    publish(power(2))
    change = Change(**json.loads((tmp_path / "site/changes.json").read_bytes())["changes"][0])
    wanted = (Rule("a"), Rule("a", networks=("akash",)), Rule("a", subject="force"), Rule("a", at_most=2))
    refused = (Rule("a", ("word",)), Rule("a", networks=("fet",)), Rule("a", subject="stop"), Rule("a", at_most=1))
    assert [rule.wants(change) for rule in (*wanted, *refused)] == [True] * 4 + [False] * 4
