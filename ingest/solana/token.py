"""A network that is a token of Solana: its supply, and who can change it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from analytics.power.paths import Action, Side
from ingest.network import DAILY, HOURLY, InParts, Key, Network, Reading, Refuse, Way, counted
from ingest.solana.burns import burns
from ingest.solana.control import BURN_NAME, PROGRAM_NAME, TOKEN_NAME, Found, Watched, look
from ingest.solana.mainnet import mainnet
from ingest.solana.node import Solana
from store.columns import Column
from store.faults import SourceChanged
from store.rows import Facts, Kind, Measure, frame, holdings, observation
from store.spelling import ADDRESS

# Powers are of the token or a program by its name, or of a multisig or a program's account by its address.
POWERS: Final = ("<word>/<word>", f"{ADDRESS}/<word>")
RULES, MINT, SEIZE, HALT = Action.CHANGE_RULES, Action.MINT, Action.SEIZE, Action.HALT
EVERYTHING: Final = (RULES, MINT, SEIZE, HALT)
# What a power over the token can do; frozen accounts can do nothing, whoever owns them.
TOKEN_POWERS: Final[Mapping[str, tuple[Action, ...]]] = {
    "minter": (MINT,),
    "freezer": (SEIZE, HALT),
    "permanent_delegate": (SEIZE,),
    # Up to all of a transfer, two epochs after he says so.
    "fee_authority": (SEIZE,),
    "pauser": (HALT,),
    "hook_authority": (HALT,),
    "hook": (HALT,),
    "unknown": EVERYTHING,
}
# What does less than its action: told, and counted nowhere.
LESS: Final[Mapping[str, tuple[Action, str]]] = {
    f"{TOKEN_NAME}/fee_collector": (SEIZE, "take the fees of transfers"),
    f"{TOKEN_NAME}/burner": (HALT, "refuse that tokens are burned"),
    f"{TOKEN_NAME}/closer": (RULES, "close the mint once there is no token"),
    f"{TOKEN_NAME}/rate_authority": (RULES, "change what amounts are shown as"),
    f"{TOKEN_NAME}/scale_authority": (RULES, "change what amounts are shown as"),
    f"{TOKEN_NAME}/metadata_authority": (RULES, "rename the token"),
    f"{TOKEN_NAME}/pointer_authority": (RULES, "rename the token"),
    f"{TOKEN_NAME}/confidential_authority": (RULES, "admit accounts to confidential transfers"),
    f"{BURN_NAME}/owner": (MINT, "keep what was sent to be burned"),
    f"{BURN_NAME}/delegate": (MINT, "take what was sent to be burned"),
}
# What readers call those who have a power.
PARTIES: Final[Mapping[str, str]] = {
    power: f"{power.replace('_', ' ')}s"
    for power in ("minter", "freezer", "permanent_delegate", "pauser", "upgrader", "owner", "burner", "fee_collector")
} | {"signers": "signers", "unknown": "contracts with unknown keys", "config_authority": "config authorities"}
SCORECARD: Final[Mapping[Column, str]] = {Column.CONTROL: ""}


def spl_token(network: Network[Solana], watched: Watched) -> Network[Solana]:
    """The network of a token of Solana: supply and keys are read, and what power those keys are is told."""
    counts = supply(watched, network.unit, network.decimals)
    held, told, power = Kind.HOLDINGS, Kind.OBSERVATIONS, Measure.CONTROL
    readings: tuple[Reading[Solana], ...] = (
        Reading("supply", told, Measure.TOKEN, "", HOURLY, counts, headline=True),
        Reading("control", held, power, "key", DAILY, control(watched), headline=True, names=POWERS),
        Reading("control_state", told, power, "", DAILY, control_state(watched), headline=True, newest_only=True),
    )
    # What takes long comes last.
    burned = Reading("burns", told, Measure.COMPUTE_SPEND, "", DAILY, InParts(burns(watched, network.unit)))
    return replace(
        network,
        chain=mainnet(watched),
        readings=(*readings, *((burned,) if watched.burns else ()), *network.readings),
        ways=(*ways(watched), *network.ways),
        units={**counted("key"), **network.units},
        parties={**PARTIES, **network.parties},
        scorecard={**SCORECARD, **network.scorecard},
    )


def ways(watched: Watched) -> tuple[Way, ...]:
    """The powers that keys can have over a token, by the name under which `control` reads them."""
    return tuple(way for action in EVERYTHING for way in _ways(action, (PROGRAM_NAME, *watched.programs)))


def _ways(action: Action, programs: tuple[str, ...]) -> Iterator[Way]:
    def way(name: str, population: str, source: str, effect: str = "") -> Way:
        return Way(action, Side.FORCE, name, Key(population), source, takes=0, effect=effect)

    for power in (one for one, does in TOKEN_POWERS.items() if action in does):
        words = "unknown keys" if power == "unknown" else power.replace("_", " ")
        yield way(f"{words} of the token", f"{TOKEN_NAME}/{power}", "spl-token, the mint")
    for name in programs:
        words = f"of the {name.replace('_', ' ')}"
        yield way(f"upgrade authority {words}", f"{name}/upgrader", "upgradeable loader, programdata")
        yield way(f"unknown keys {words}", f"{name}/unknown", "upgradeable loader, programdata")
    for population, (does, effect) in LESS.items():
        if does is action:
            words = " of the ".join(part.replace("_", " ") for part in reversed(population.split("/")))
            yield way(words, population, "spl-token, an account", effect)
    yield Way(action, Side.STOP, "refusal of all keys", Refuse(), "spl-token, Squads, upgradeable loader", takes=0)


def supply(watched: Watched, unit: str, decimals: int) -> Callable[[Solana], Facts]:
    """The reading of a token's supply."""

    def read(node: Solana) -> Facts:
        """All tokens there are, by the mint itself, and what waits in the account from which is burned, where one is.

        Read from the accounts of the mint and of that wallet in one final slot. Burned tokens are no longer in it.
        """
        found, time = look(watched, node.accounts), node.block.time
        if found.mint.decimals != decimals:
            raise SourceChanged(f"{watched.mint} has {found.mint.decimals} decimals, not {decimals}")
        rows = [observation("total_supply", time, found.mint.supply, unit)]
        if found.burns:
            rows.append(observation("waits_to_be_burned", time, found.burns.amount, unit, subject=watched.burns))
        return Facts(frame(Kind.OBSERVATIONS, rows))

    return read


def control(watched: Watched) -> Callable[[Solana], Facts]:
    """The reading of who can change a token."""

    def read(node: Solana) -> Facts:
        """Keys that can mint, freeze, take, pause or replace the token; one holder per key and power, each counts one.

        From the accounts of the mint, its extensions (token-2022), its program and others of the network, and of the
        multisigs and programs that hold keys of them, all in one final slot. There `signers` are those who may vote in
        a multisig of Squads or of the token program, a `config_authority` changes these alone, an `upgrader` replaces
        a program. Who holds the `unknown` keys of an address that a program derived nobody could tell yet. A power that
        an account holds for which nothing can sign is nobody's, and left out. Keys, not people.
        """
        found = look(watched, node.accounts)
        rows = [(population, holder, 1) for population, held in found.powers.items() for holder in held]
        return Facts(holdings(rows), empty=not rows)

    return read


def control_state(watched: Watched) -> Callable[[Solana], Facts]:
    """The reading of what stands behind those keys."""

    def read(node: Solana) -> Facts:
        """What stands behind the keys of the token: keys, multisigs with how many must sign and how long they wait,
        accounts of programs. That a vault belongs to a multisig is proved by how its address is derived.

        Subject is the address; where the mint has no such authority, none can ever be set again.
        """
        found, time = look(watched, node.accounts), node.block.time
        told = [*_of_mint(watched, found), *_of_holders(found), *_of_programs(watched, found)]
        rows = [observation(name, time, exact, unit, subject=subject) for name, subject, exact, unit in told]
        return Facts(frame(Kind.OBSERVATIONS, rows))

    return read


# Name, subject, value and unit.
Told = tuple[str, str, Any, str]


def _of_mint(watched: Watched, found: Found) -> Iterator[Told]:
    yield "contract", watched.mint, TOKEN_NAME, ""
    yield "account", watched.mint, "contract", ""
    for power, name in (("minter", "mint_authority"), ("freezer", "freeze_authority")):
        holder = found.mint.powers.get(power, "")
        yield name, watched.mint, holder or "none", "address" if holder else ""
    yield "token_program", watched.mint, found.mint.program, "address"
    for extension in found.mint.extensions:
        yield f"extension:{extension}", watched.mint, "present", ""
    if found.mint.paused is not None:
        yield "paused", watched.mint, str(found.mint.paused).lower(), ""


def _of_holders(found: Found) -> Iterator[Told]:
    for holder, behind in found.behind.items():
        yield "account", holder, behind.account, ""
        if behind.told:
            yield "stands_for", holder, behind.told, ""
        if behind.multisig_at:
            yield "multisig", holder, behind.multisig_at, "address"
        if behind.multisig:
            yield "threshold", holder, behind.multisig.needed, "signatures"
            yield "proved", holder, behind.multisig.kind, ""
        if behind.multisig and behind.multisig.delay:
            yield "delay", holder, behind.multisig.delay, "s"


def _of_programs(watched: Watched, found: Found) -> Iterator[Told]:
    names = {found.mint.program: PROGRAM_NAME, **{address: name for name, address in watched.programs.items()}}
    for address, program in found.programs.items():
        if address in names:
            yield "contract", address, names[address], ""
        if program and program.slot:
            yield "deployed_in_slot", address, program.slot, "slot"
        if program:
            yield "upgrade_authority", address, program.upgrader or "none", "address" if program.upgrader else ""


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
supply:
  total_supply | | <unit> | all tokens there are
  waits_to_be_burned | <address> | <unit> | what lies in the account from which is burned
control:
  token/<power> | <address> | | who has a power over the token: minter, freezer, and those of its extensions
  <program>/<power> | <address> | | who may replace a program (upgrader)
  burn_wallet/<power> | <address> | | whose the account is from which is burned
  <address>/<power> | <address> | | who votes in a multisig (signers), changes it alone (config_authority), or may replace the program that signs for an address (upgrader); unknown: the address itself
control_state:
  account | <address> | | key, contract (a multisig, a program or its account), or nobody where nothing signs for it
  contract | <address> | | the name of the token or of a program
  stands_for | <address> | | what it is, where it is no key
  multisig | <address> | address | the multisig of Squads whose vault it is
  threshold | <address> | signatures | how many signers of a multisig must sign
  proved | <address> | | the program whose code asks for them
  delay | <address> | s | how long a multisig waits before it acts
  mint_authority | <address> | [address] | who may mint; none: nobody ever again
  freeze_authority | <address> | [address] | who may freeze accounts; none: nobody ever again
  token_program | <address> | address | the program of the token
  extension:<name> | <address> | | an extension of the mint (token-2022)
  paused | <address> | | true or false
  upgrade_authority | <address> | [address] | who may replace a program; none: nobody ever again
  deployed_in_slot | <address> | slot | when the program was last replaced
"""  # noqa: E501 - a row each
