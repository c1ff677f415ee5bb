"""Menus are in an order that a reader expects."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest

from questions.populations import Population
from ui import choose, link


def population(name: str, n: int, **more: str) -> Population:
    told = {"population": name, "reading": "r", "key": name, "heading": name, "token_unit": "", "unit": "", "n": n}
    return cast(Population, SimpleNamespace(**{**told, "in_column": "", **more}))


def test_parts_of_a_network_stand_by_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    def first(_: str, keys: list[str], told: Callable[[str], str], *, key: str) -> str:
        assert key == "of"
        shown.extend(map(told, keys))
        return keys[0]

    monkeypatch.setattr(link, "choice", first)
    of = {"subnet:10.0/miners": 9, "subnet:1.0/miners": 9, "subnet:2.0/miners": 5, "miners": 1}
    assert choose.population([population(*one) for one in of.items()]).population == "miners"
    assert shown == ["miners", "subnet:1.0/miners", "subnet:2.0/miners", "subnet:10.0/miners"]


def test_readings_of_one_heading_are_told_apart_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    def first(_: str, keys: list[str], told: Callable[[str], str], *, key: str) -> str:
        shown.extend(map(told, keys))
        return keys[0]

    monkeypatch.setattr(link, "choice", first)
    paid = {"heading": "Tenants", "unit": "1e-18 uact", "token_unit": "ACT a day"}
    names = ("leases_uact", "external_least_uact", "leased_gpu")
    choose.population([population(name, 9, reading=name, **paid) for name in names])
    assert shown == ["Tenants (Leases in ACT)", "Tenants (External least in ACT)", "Tenants (Leased GPU)"]
