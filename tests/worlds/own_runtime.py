"""The runtime of tests/worlds/bittensor_world.py for a machine that has no real one: what the readings ask for.

A line is `Item(hasher:key ...) value`, with its default where that is not zero, or `?` where it has none; hashers are
b (Blake2_128Concat), i (Identity) and t (Twox64Concat). Names are the chain's; all else of a runtime is left out.
"""

import re
from collections.abc import Mapping
from functools import cache

from tests.worlds.runtime import Asked, Stored, metadata_of, split

ITEMS = """
AlphaAssets
  AlphaBurned(t:u16) u64
Aura
  Authorities() Vec<account>
Balances
  TotalIssuance() u64
Contracts
Grandpa
SafeMode
  EnteredUntil() u32 ?
SubtensorModule
  ActivityCutoffFactorMilli(i:u16) u32 = 41360000
  Alpha(b:account b:account i:u16) u128
  AlphaDividendsPerSubnet(i:u16 b:account) u64
  AlphaSigmoidSteepness(i:u16) i16 = e803
  AlphaV2(b:account b:account i:u16) {mantissa:u128,exponent:i64}
  BlocksSinceLastStep(i:u16) u64
  ChildKeys(b:account i:u16) Vec<(u64,account)>
  DecayingHotkeyLock(i:u16 b:account) {locked_mass:u64,conviction:u128,last_update:u64} ?
  DecayingOwnerLock(i:u16) {locked_mass:u64,conviction:u128,last_update:u64} ?
  Delegates(b:account) u16 = 142e
  Dividends(i:u16) Vec<u16>
  Emission(i:u16) Vec<u64>
  FirstEmissionBlockNumber(i:u16) u64 ?
  HotkeyLock(i:u16 b:account) {locked_mass:u64,conviction:u128,last_update:u64} ?
  IdentitiesV2(b:account) {name:text,url:text,github_repo:text,image:text,discord:text,description:text,\
additional:text} ?
  Incentive(i:u16) Vec<u16>
  Kappa(i:u16) u16 = ff7f
  Keys(i:u16 i:u16) account
  LastMechansimStepBlock(i:u16) u64
  LastUpdate(i:u16) Vec<u64>
  MaturityRate() u64 = d2430e0000000000
  MechanismCountCurrent(t:u16) u8 = 01
  MechanismEmissionSplit(t:u16) Vec<u16> ?
  MinerBurned(i:u16) u128
  NetworkRegisteredAt(i:u16) u64
  NetworkRegistrationAllowed(i:u16) bool = 01
  NetworksAdded(i:u16) bool
  NumStakingColdkeys() u64
  Owner(b:account) account
  OwnerCutEnabled(i:u16) bool = 01
  OwnerLock(i:u16) {locked_mass:u64,conviction:u128,last_update:u64} ?
  ParentKeys(b:account i:u16) Vec<(u64,account)>
  RegisteredSubnetCounter(i:u16) u64
  RootAlphaDividendsPerSubnet(i:u16 b:account) u64
  RootClaimable(b:account) Vec<(u16,i128)>
  RootClaimed(i:u16 b:account b:account) u128
  StakeThreshold() u64
  StakeWeight(i:u16) Vec<u16>
  StakingColdkeysByIndex(i:u64) account ?
  SubnetAlphaIn(i:u16) u64
  SubnetAlphaInEmission(i:u16) u64
  SubnetAlphaOut(i:u16) u64
  SubnetAlphaOutEmission(i:u16) u64
  SubnetEmissionEnabled(i:u16) bool = 01
  SubnetExcessTao(i:u16) u64
  SubnetIdentitiesV3(b:u16) {subnet_name:text,github_repo:text,subnet_contact:text,subnet_url:text,discord:text,\
description:text,logo_url:text,additional:text} ?
  SubnetMechanism(i:u16) u16
  SubnetMovingPrice(i:u16) i128
  SubnetOwner(i:u16) account
  SubnetOwnerCut() u16 = 142e
  SubnetOwnerHotkey(i:u16) account
  SubnetProtocolAlpha(i:u16) u64
  SubnetTAO(i:u16) u64
  SubnetTaoInEmission(i:u16) u64
  SubnetworkN(i:u16) u16
  SubtokenEnabled(i:u16) bool
  TaoWeight() u64 = fc62e03efa3c7c0d
  Tempo(i:u16) u16 = 6801
  TokenSymbol(i:u16) text = 10f09d9c8f
  TotalHotkeyAlpha(b:account i:u16) u64
  TotalHotkeyShares(b:account i:u16) u128
  TotalHotkeySharesV2(b:account i:u16) {mantissa:u128,exponent:i64}
  TotalIssuance() u64
  TotalNetworks() u16
  TotalStake() u64
  Uids(i:u16 b:account) u16 ?
  UnlockRate() u64 = d2430e0000000000
  ValidatorPermit(i:u16) Vec<bool>
  Weights(i:u16 i:u16) Vec<(u16,u16)>
Sudo
  Key() account ?
Swap
System
  Account(b:account) {nonce:u32,consumers:u32,providers:u32,sufficients:u32,data:{free:u64,reserved:u64,frozen:u64,\
flags:u128}}
"""

CALLS = """
DelegateInfoRuntimeApi_get_delegates() Vec<{delegate_ss58:account,take:Compact<u16>,nominators:Vec<(account,\
Vec<(Compact<u16>,Compact<u64>)>)>,owner_ss58:account,registrations:Vec<Compact<u16>>,\
validator_permits:Vec<Compact<u16>>,return_per_1000:Compact<u64>,total_daily_return:Compact<u64>}>
GrandpaApi_grandpa_authorities() Vec<(account,u64)>
StakeInfoRuntimeApi_get_stake_info_for_coldkeys(Vec<account>) Vec<(account,Vec<{hotkey:account,coldkey:account,\
netuid:Compact<u16>,stake:Compact<u64>,locked:Compact<u64>,emission:Compact<u64>,tao_emission:Compact<u64>,drain:Compact<u64>,is_registered:bool}>)>
SwapRuntimeApi_current_alpha_price_all() Vec<{netuid:u16,price:u64}>
SwapRuntimeApi_sim_swap_alpha_for_tao(u16 u64) {tao_amount:u64,alpha_amount:u64,tao_fee:u64,alpha_fee:u64,\
tao_slippage:u64,alpha_slippage:u64}
"""

HASHERS = {"b": "Blake2_128Concat", "i": "Identity", "t": "Twox64Concat"}
ITEM = re.compile(r"  (\w+)\((.*?)\) (\S+)(?: = (\w+)| (\?))?")
CALL = re.compile(r"(\w+)\((.*?)\) (\S+)")


@cache
def own_runtime() -> bytes:
    """The metadata blob."""
    return own_runtime_with({})


def own_runtime_with(more: Mapping[str, Mapping[str, Stored]]) -> bytes:
    """The same with pallets beside those above."""
    pallets, calls = declared()
    return metadata_of({**pallets, **more}, calls)


@cache
def declared() -> tuple[dict[str, dict[str, Stored]], dict[str, Asked]]:
    """The pallets and calls that are told above."""
    pallets: dict[str, dict[str, Stored]] = {}
    pallet = ""
    for line in ITEMS.strip().splitlines():
        if told := ITEM.fullmatch(line):
            name, keys, value, default, optional = told.groups()
            zero = None if optional else default or zeros(spelled(value))
            parts = [key.split(":") for key in keys.split()]
            pallets[pallet][name] = Stored(tuple((HASHERS[h], spelled(of)) for h, of in parts), spelled(value), zero)
        else:
            pallet = line
            pallets[pallet] = {}
    found = [CALL.fullmatch(line) for line in CALLS.strip().splitlines()]
    calls = {told[1]: Asked(tuple(map(spelled, told[2].split())), spelled(told[3])) for told in found if told}
    assert len(calls) == len(found)
    return pallets, calls


def spelled(told: str) -> str:
    """A type without our shorthand."""
    return re.sub(r"\btext\b", "Vec<u8>", told)


def zeros(told: str) -> str:
    """The value of a type that is all zero, in hexadecimal."""
    if told[0] == "{":
        return "".join(zeros(member.partition(":")[2]) for member in split(told[1:-1], ","))
    if told == "account":
        return "00" * 32
    if told[0] == "[":
        return "00" * int(split(told[1:-1], ";")[1])
    return "00" * (int(told[1:]) // 8 if told[0] in "ui" else 1)
