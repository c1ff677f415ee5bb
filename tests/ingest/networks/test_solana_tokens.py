"""Render, io.net and Grass: whose account what is burned lies in, and what their files say of their mints."""

import pytest

from ingest.network import Network
from ingest.networks import grass, ionet, render
from ingest.solana.accounts import TOKEN
from ingest.solana.node import Solana
from ingest.solana.pda import derived, on_curve
from store.addresses import unbase58
from store.reference import blanks

# The program that gives each wallet one account of a token.
ASSOCIATED = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL"
# That burns what jobs of Render cost (DefiLlama's dimension-adapters).
WALLET = "rbrnm7nPhfhBxPSh8qhRFrhB5MLnJGMNoyNQPvSi7vq"


def test_what_is_burned_lies_in_the_account_of_an_ordinary_key() -> None:
    seeds = [unbase58(one) for one in (WALLET, TOKEN, render.MINT)]
    assert derived(seeds, ASSOCIATED) == render.BURNS
    assert on_curve(unbase58(WALLET))


@pytest.mark.parametrize("network", [render.NETWORK, ionet.NETWORK, grass.NETWORK], ids=lambda one: one.name)
def test_what_a_network_cannot_show_is_said_of_each_measure(network: Network[Solana]) -> None:
    told = blanks().filter(network=network.name)
    assert set(told["measure"]) == {"stake", "voting_power", "emission", "compute_supply", "compute_spend", "token"}
    assert told["reason"].is_unique().all()


def test_votes_that_a_network_promises_are_not_said_not_to_exist() -> None:
    # Grass's own documentation lets holders propose, and vote on, improvements.
    (state,) = blanks().filter(network="grass", measure="voting_power")["state"]
    assert state == "not verifiable"
