"""Readings of contracts from answers of our choice; tests on a real node are beside this file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.evm.calls import Call
from ingest.evm.events import Event, Period
from ingest.networks import fet, singularitynet
from store.faults import BadData, SourceChanged
from store.rows import Block, Facts
from tests.worlds.memo import no_memo

NOON = datetime(2026, 7, 17, 12, tzinfo=UTC)
ADA, BOB = (f"0x{place:040x}" for place in (1, 2))
PINNED = Block(100, "0a", NOON)


@dataclass
class Node:
    """Answers each call by its function, or as a function of the arguments."""

    answers: dict[str, Any]
    block: Block = PINNED

    def call(self, call: Call) -> Any:
        told = self.answers[call.function.partition("(")[0]]
        return told(*call.arguments) if callable(told) else told

    def calls(self, calls: Sequence[Call]) -> list[Any]:
        return [self.call(call) for call in calls]


def exact(facts: Facts) -> dict[tuple[str, str], str]:
    return {(name, subject): said for name, subject, said in facts.rows.select("name", "subject", "exact").iter_rows()}


def held(facts: Facts) -> list[tuple[str, str, int]]:
    return [(row["population"], row["holder"], int(row["amount"])) for row in facts.rows.to_dicts()]


# --- SingularityNET ---------------------------------------------------------------------------------------------------

ORGANIZATIONS = {
    b"snet".ljust(32, b"\0"): (True, b"", b"", ADA, (BOB,), (b"a", b"b")),
    b"\xff".ljust(32, b"\0"): (True, b"", b"", BOB, (), ()),
}


def registry(**but: Any) -> Any:
    return Node({"listOrganizations": tuple(ORGANIZATIONS), "getOrganizationById": ORGANIZATIONS.get, **but})


def test_services_are_counted_by_organisation_and_owners_are_named() -> None:
    nameless = "0x" + b"\xff".ljust(32, b"\0").hex()
    assert held(singularitynet.organizations(registry())) == [("organizations", "snet", 2)]
    assert exact(singularitynet.directory(registry())) == {
        ("organizations", ""): "2",
        ("services", ""): "2",
        ("organization_owner", "snet"): ADA,
        ("organization_members", "snet"): "1",
        ("organization_owner", nameless): BOB,
        ("organization_members", nameless): "0",
    }


def test_an_organisation_that_is_listed_and_not_known_is_refused() -> None:
    with pytest.raises(SourceChanged, match="lists snet and does not know it"):
        singularitynet.organizations(registry(getOrganizationById=lambda _: (False,)))


Escrow = Callable[..., Any]


@pytest.fixture
def escrow(monkeypatch: pytest.MonkeyPatch) -> Escrow:
    """An escrow with two claims of 5 and 7 from Ada to Bob, a deposit of 20 and a withdrawal of 1."""
    ada, bob = (int(one, 16) for one in (ADA, BOB))
    told = {
        singularitynet.CLAIM: [Event(7, singularitynet.CLAIM, (1, bob), (0, amount, 0, 0, 0)) for amount in (5, 7)],
        singularitynet.DEPOSIT: [Event(7, singularitynet.DEPOSIT, (ada,), (20,))],
        singularitynet.WITHDRAWAL: [Event(8, singularitynet.WITHDRAWAL, (ada,), (1,))],
    }
    monkeypatch.setattr(singularitynet, "events", lambda *_: told)
    monkeypatch.setattr(singularitynet, "last_blocks", lambda *_: Period(1, NOON))
    return lambda **but: Node(
        {
            "token": singularitynet.FET,
            "channels": (0, ADA, ADA, BOB),
            "balanceOf": 19,
            "nextChannelId": 2,
            **but,
        }
    )


def test_claims_are_told_of_both_sides_and_deposits_apart(escrow: Escrow) -> None:
    assert held(singularitynet.claims(escrow(), no_memo)) == [("recipients", BOB, 12), ("senders", ADA, 12)]
    assert exact(singularitynet.deposits(escrow(), no_memo)) == {
        ("deposits", ""): "20",
        ("withdrawals", ""): "1",
        ("escrow_balance", ""): "19",
        ("channels", ""): "2",
        ("deposited", ADA): "20",
    }


def test_an_escrow_that_contradicts_itself_is_refused(escrow: Escrow) -> None:
    with pytest.raises(BadData, match="was claimed by"):
        singularitynet.claims(escrow(channels=(0, ADA, ADA, ADA)), no_memo)
    with pytest.raises(SourceChanged, match="not in FET"):
        singularitynet.claims(escrow(token=ADA), no_memo)


# --- FET --------------------------------------------------------------------------------------------------------------


def a_bridge(**but: Any) -> Any:
    functions = [function for function, _ in fet.BRIDGE_STATE.values()]
    state = {function.partition("(")[0]: place for place, function in enumerate(functions)}
    pauses = {"getPausedSinceBlockPublicApi": 100, "getPausedSinceBlockRelayerApi": 101}
    return Node({"getToken": (fet.FET,), **state, **pauses, **but})


def test_the_bridge_tells_its_state_and_which_side_stands_still() -> None:
    said = {name: value for (name, _), value in exact(fet.bridge(a_bridge())).items()}
    assert said == {
        **{name: str(place) for place, name in enumerate(fet.BRIDGE_STATE)},
        "bridge_public_paused": "true",
        "bridge_relayer_paused": "false",
    }


def test_a_bridge_of_another_token_is_refused() -> None:
    with pytest.raises(SourceChanged, match="not for"):
        fet.bridge(a_bridge(getToken=(ADA,)))
