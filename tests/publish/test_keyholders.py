"""Who is behind the holder of a key: each kind of contract by itself, and what nobody can say."""

from collections.abc import Iterator, Mapping

import pytest

from analytics.power.paths import Action, Path, Quorum, Side, fewest
from ingest.evm import powers
from ingest.network import Key, Refuse, Rule, Way
from publish.look import Known
from publish.ways import ways
from store.draft import Draft
from store.rows import Measure
from tests.publish.test_ways import CONTROL, a_network, filled, partly_read
from tests.worlds.each import each

MINT, RULES = Action.MINT, Action.CHANGE_RULES
KEYS = {("account", one): "key" for one in "abcdefgh"}
LIKE_A_SAFE = {("account", "safe"): "contract", ("threshold", "safe"): "2"}
SAFE = LIKE_A_SAFE | {("proved", "safe"): "Safe 1.4.1"}
LOCK = {("account", "lock"): "contract", ("delay", "lock"): "600"}
# The token's minter is its bridge, which the network names.
BRIDGE = {("account", "0xb"): "contract", ("contract", "0xb"): "bridge"}
DECLARED = (
    Way(MINT, Side.FORCE, "minter of the token", Key("token/minter"), "a test", takes=0),
    Way(MINT, Side.FORCE, "admin of the token", Key("token/admin", given="token/minter"), "a test", takes=0),
    Way(MINT, Side.FORCE, "admin of the bridge", Key("bridge/admin"), "a test", takes=0),
    Way(MINT, Side.FORCE, "relayer of the bridge", Key("bridge/relayer"), "a test", takes=0),
    Way(RULES, Side.FORCE, "admin of the bridge", Key("bridge/admin"), "a test", takes=0),
    Way(MINT, Side.FORCE, "other roles", Key("token/role_*"), "a test", takes=0),
    Way(MINT, Side.STOP, "refusal", Refuse(), "a test", takes=0),
)
# What a contract says of itself proves nothing.
NOT_SAFE, NOT_LOCK, NOT_BOX = (
    f"{one} is not proved to be what it says: who else moves it is not known" for one in ("safe", "lock", "box")
)
UNDER_GUARD = ("minter of the token, a timelock of 10 minutes, a multisig 2 of 3 under a guard", 2, 600)
Told = tuple[str, int | str, int | None]


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Draft]:
    with Draft(tmp_path_factory.mktemp("keyholders")) as draft:
        yield draft


def paths(draft: Draft, held: Mapping[str, str], said: Mapping[tuple[str, str], str]) -> tuple[Path, ...]:
    """All paths where these hold what; holders of a population are the letters, or the words, of a text."""
    network = a_network(*DECLARED)
    found = {(CONTROL, name): dict.fromkeys(text.split(), 1) for name, text in held.items()}
    return ways(Known(filled(draft, network, found, {**KEYS, **said}), network.name), "address")


def told(found: tuple[Path, ...], side: Side, action: Action = MINT) -> list[Told]:
    """Each path by its name, how many it takes or why nobody knows, and after how many seconds."""
    ours = [path for path in found if path.side is side and path.action is action]
    return [(path.name, fewest(path).upper if path.needs else path.missing, path.seconds) for path in ours]


@pytest.mark.slow
@pytest.mark.table
@each(
    ("held", "said", "force", "stop"),
    [
        ({"token/minter": "a"}, {}, [("minter of the token, one key", 1, 0)], [("refusal, one key", 1, 0)]),
        # Two who mint: both must refuse.
        (
            {"token/minter": "a b"},
            {},
            [("minter of the token, one key", 1, 0)] * 2,
            [("refusal, 2 keys", 2, 0)],
        ),
        (
            {"token/minter": "safe", "safe/signers": "a b c"},
            SAFE,
            [("minter of the token, a multisig 2 of 3", 2, 0)],
            [("refusal, a multisig 2 of 3", 2, 0)],
        ),
        (
            {"token/minter": "safe", "safe/signers": "a b c"},
            SAFE | {("guard", "safe"): "0x9"},
            [("minter of the token, a multisig 2 of 3 under a guard", 2, 0)],
            [("refusal, a multisig 2 of 3 under a guard", 2, 0)],
        ),
        # One that waits after enough have signed, which as many can cancel; one whose signers somebody changes alone.
        (
            {"token/minter": "safe", "safe/signers": "a b c"},
            SAFE | {("delay", "safe"): "7200"},
            [("minter of the token, 2 hours after they have signed, a multisig 2 of 3", 2, 7200)],
            [("refusal, 2 hours after they have signed, a multisig 2 of 3", 2, 0)] * 2,
        ),
        (
            {"token/minter": "safe", "safe/signers": "a b c", "safe/config_authority": "d"},
            SAFE,
            [("minter of the token, one key", 1, 0), ("minter of the token, a multisig 2 of 3", 2, 0)],
            [("refusal, one key, a multisig 2 of 3", 3, 0)],
        ),
        # A contract that answers like a Safe, and like none; old snapshots do not tell.
        (
            {"token/minter": "safe", "safe/signers": "a b c"},
            LIKE_A_SAFE,
            [("minter of the token, a multisig 2 of 3", 2, 0), ("minter of the token", NOT_SAFE, None)],
            [("refusal", NOT_SAFE, None)],
        ),
        # Where the network names it too: a name is no proof of a quorum.
        (
            {"token/minter": "safe", "bridge/signers": "a b c"},
            LIKE_A_SAFE | {("contract", "safe"): "bridge"},
            [("minter of the token, a multisig 2 of 3", 2, 0), ("minter of the token", NOT_SAFE, None)],
            None,
        ),
        # Who owns what replaces code, or replaces the code of a holder, by the word of an unproved contract.
        *(
            (
                {"token/minter": "box", f"box/{power}": "a"},
                {("account", "box"): "contract"},
                [("minter of the token, one key", 1, 0), ("minter of the token", NOT_BOX, None)],
                [("refusal", NOT_BOX, None)],
            )
            for power in ("owner", "proxy_admin")
        ),
        # A signer of whom nothing is told is no key: two others suffice, and whoever it is could be one of them.
        (
            {"token/minter": "safe", "safe/signers": "a b z"},
            SAFE,
            [
                ("minter of the token, a multisig 2 of 3", 2, 0),
                ("minter of the token", "what z is has not been read", None),
            ],
            [("refusal, a multisig 2 of 3", 2, 0), ("refusal", "what z is has not been read", None)],
        ),
        (
            {"token/minter": "safe", "safe/signers": "a b"},
            SAFE | {("threshold", "safe"): "3"},
            [("minter of the token", "safe says that 3 of 2 must sign", None)],
            [("refusal", "safe says that 3 of 2 must sign", None)],
        ),
        (
            {"token/minter": "safe", "safe/signers": "a b c", "safe/unknown": "safe"},
            SAFE,
            [
                ("minter of the token, a multisig 2 of 3", 2, 0),
                ("minter of the token", "safe has keys that could not be listed", None),
            ],
            [("refusal", "safe has keys that could not be listed", None)],
        ),
        # Whoever proposes waits ten minutes; who cancels, or does not propose, stops it.
        (
            {"token/minter": "lock", "lock/proposer": "a", "lock/canceller": "c", "lock/admin": "lock"},
            LOCK | {("executor", "lock"): "anyone"},
            [
                ("minter of the token, a timelock of 10 minutes, one key", 1, 600),
                ("minter of the token", NOT_LOCK, None),
            ],
            [("refusal", NOT_LOCK, None)],
        ),
        # Somebody must carry it out.
        (
            {"token/minter": "lock", "lock/proposer": "a", "lock/executor": "b"},
            LOCK,
            [
                ("minter of the token, a timelock of 10 minutes, 2 keys", 2, 600),
                ("minter of the token", NOT_LOCK, None),
            ],
            [("refusal", NOT_LOCK, None)],
        ),
        # Of a timelock of which no proposer was found nobody is taken for the only one, its admin neither.
        (
            {"token/minter": "lock", "lock/admin": "a", "lock/executor": "b"},
            LOCK | {("executor", "lock"): "anyone"},
            [
                ("minter of the token, the admin of a timelock of 10 minutes, one key", 1, 600),
                ("minter of the token", "who proposes to lock is not known", None),
            ],
            [("refusal", f"who proposes to lock is not known; {NOT_LOCK}", None)],
        ),
        # A guard lets a multisig propose no more than it permits, and whatever it likes where it can be lifted; to
        # cancel nobody keeps it.
        *(
            (
                {"token/minter": "lock", "lock/proposer": "safe", "lock/canceller": "safe", "safe/signers": "a b c"},
                LOCK | SAFE | {("executor", "lock"): "anyone", ("guard", "safe"): "0x9", ("permits", "0x9"): permits},
                [*by, ("minter of the token", NOT_LOCK, None)],
                None,
            )
            for permits, by in {
                "halt": [],
                "anything": [UNDER_GUARD],
                "halt, mint or redirect": [UNDER_GUARD],
            }.items()
        ),
        # The admin of a timelock alone makes himself proposer and executor, and whoever could cancel no canceller.
        (
            {
                "token/minter": "lock",
                "lock/proposer": "a",
                "lock/executor": "b",
                "lock/canceller": "c",
                "lock/admin": "lock d",
            },
            LOCK,
            [
                ("minter of the token, the admin of a timelock of 10 minutes, one key", 1, 600),
                ("minter of the token, a timelock of 10 minutes, 2 keys", 2, 600),
                ("minter of the token", NOT_LOCK, None),
            ],
            [("refusal", NOT_LOCK, None)],
        ),
        # The bridge mints for its admin, not for its relayer; who gives the role of a minter can have it.
        (
            {"token/minter": "0xb", "bridge/admin": "a", "bridge/relayer": "r", "token/admin": "d"},
            BRIDGE | {("account", "r"): "key"},
            [
                ("minter of the token, the bridge, admin, one key", 1, 0),
                ("admin of the token, one key", 1, 0),
                ("admin of the bridge, one key", 1, 0),
                ("relayer of the bridge, one key", 1, 0),
            ],
            [("refusal, 3 keys, the bridge, admin, one key", 3, 0)],
        ),
        # Whoever mints in two ways has one key.
        (
            {"token/minter": "a b", "token/admin": "a", "bridge/admin": "a"},
            {},
            [
                *[("minter of the token, one key", 1, 0)] * 2,
                ("admin of the token, one key", 1, 0),
                ("admin of the bridge, one key", 1, 0),
            ],
            [("refusal, 2 keys", 2, 0)],
        ),
        # Where nobody is a minter its admin is told of no minters.
        ({"token/admin": "d"}, {}, [], []),
        (
            {"token/minter": "a", "token/role_33": "b"},
            {},
            [("minter of the token, one key", 1, 0), ("other roles", "what token/role_33 may do is not known", None)],
            [("refusal, one key", 1, 0)],
        ),
        ({"token/minter": "z"}, {}, [("minter of the token", "what z is has not been read", None)], None),
    ],
)
def test_what_is_behind_a_holder_is_what_was_read_of_it(
    draft: Draft,
    held: dict[str, str],
    said: dict[tuple[str, str], str],
    force: list[Told],
    stop: list[Told] | None,
) -> None:
    found = paths(draft, held, said)
    assert told(found, Side.FORCE) == force
    assert stop is None or told(found, Side.STOP)[: len(stop)] == stop


def test_parties_that_serve_two_needs_count_once(draft: Draft) -> None:
    """The proposer is a multisig of which the only executor is a signer."""
    held = {"token/minter": "lock", "lock/proposer": "safe", "safe/signers": "a b c", "lock/executor": "a"}
    path, unknown = [one for one in paths(draft, held, LOCK | SAFE) if one.side is Side.FORCE]
    assert unknown.missing == NOT_LOCK
    assert [need.need for need in path.needs if isinstance(need, Quorum)] == [1, 2]
    assert fewest(path).upper == 2


VOTED = Way(
    RULES, Side.FORCE, "votes", Rule(Measure.VOTING_POWER, "voters", "pass", 1, 2, strict=True), "a test", takes=0
)
TOWN = {(Measure.VOTING_POWER, "voters"): {"v": 30, "w": 21, "x": 49, "y": 1}}
GOVERNOR = {("account", "gov"): "contract", ("quorum_counts", "gov"): "yes", ("rule", "gov"): "proved"}


@pytest.mark.slow
@each(
    ("said", "declared", "told_of_it"),
    [
        (GOVERNOR, (VOTED,), ("minter of the token, a timelock of 10 minutes, votes", 2, 600)),
        (
            GOVERNOR | {("rule", "gov"): "not proved: why"},
            (VOTED,),
            ("minter of the token", "gov counts votes by a rule that is not proved", None),
        ),
        (GOVERNOR, (), ("minter of the token", "gov counts votes by a rule that nobody declared", None)),
    ],
)
def test_a_governor_acts_by_the_votes_that_it_counts(
    draft: Draft, said: dict[tuple[str, str], str], declared: tuple[Way, ...], told_of_it: Told
) -> None:
    """It proposes to a timelock and carries out; of 101 votes 51 decide, and whoever votes serves both once."""
    network = a_network(*DECLARED, *declared)
    held = {"token/minter": "lock", "lock/proposer": "gov", "lock/executor": "gov"}
    found = {(CONTROL, name): dict.fromkeys(text.split(), 1) for name, text in held.items()} | TOWN
    known = Known(filled(draft, network, found, KEYS | LOCK | said), network.name)
    assert told_of_it in told(ways(known, "address"), Side.FORCE)


@pytest.mark.slow
def test_a_governor_whose_voters_were_read_in_part_is_stopped_by_what_blocks_all_others(draft: Draft) -> None:
    """Of 201 votes nobody has read who has 100: 101 decide, and 101 block; each may be fewer."""
    network = a_network(*DECLARED, VOTED)
    found = TOWN | {(CONTROL, "token/minter"): {"gov": 1}}
    with partly_read(filled(draft, network, found, KEYS | GOVERNOR), network.name, 101, 201) as known:
        by_votes = ways(known, "address")
    unread = "who has 49.75% of it has not been read"
    assert told(by_votes, Side.FORCE) == [
        ("minter of the token, votes", 4, 0),
        ("minter of the token", unread, None),
    ]
    assert told(by_votes, Side.STOP) == [("refusal, votes", 4, 0), ("refusal", unread, None)]
    assert {one.basis for one in by_votes} == {"minter of the token", "refusal", "votes"}


@pytest.mark.slow
@each(
    ("said", "told_of_it"),
    [
        (SAFE, ("minter of the token, far of another chain, a timelock of 10 minutes, a multisig 2 of 3", 2, 600)),
        ({("account", "safe"): "key"}, ("minter of the token, far of another chain, a timelock of 10 minutes", 1, 600)),
    ],
)
def test_a_contract_that_obeys_another_chain_is_its_rulers(
    draft: Draft, said: dict[tuple[str, str], str], told_of_it: Told, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The minter here does what a timelock there sends; of an address here that is spelled alike nothing counts."""
    network = a_network(*DECLARED)
    with Draft(tmp_path_factory.mktemp("there")) as there:
        held = {"far/proposer": "safe", "safe/signers": "a b c"}
        rows = {(CONTROL, name): dict.fromkeys(text.split(), 1) for name, text in held.items()}
        lock = {("account", "far"): "contract", ("delay", "far"): "600", ("executor", "far"): "anyone"}
        mainland = Known(filled(there, network, rows, KEYS | lock | said), network.name)
        here = {(CONTROL, "token/minter"): {"bridge": 1}, (CONTROL, "far/owner"): {"d": 1}}
        obeys = {("account", "bridge"): "contract", ("ruled_by", "bridge"): "mainland far", ("account", "far"): "key"}
        known = Known(filled(draft, network, here, KEYS | obeys), network.name, _others={"mainland": mainland})
        found = told(ways(known, "address"), Side.FORCE)
    assert found[0] == (told_of_it[0] + (", one key" if told_of_it[1] == 1 else ""), *told_of_it[1:])
    unproved = "far is not proved to be what it says: who else moves it is not known"
    assert found[1:] == [("minter of the token", unproved, None)]


@pytest.mark.slow
def test_who_was_offered_to_own_a_contract_counts_as_its_owner(draft: Draft) -> None:
    """He accepts when he likes, and asks nobody: of the token, or of the proxy admin that can replace its code."""
    network = a_network(*powers.ways({"token": "0x1"}))
    for owned, way in (("token", "pending owner of the token"), ("box", "proxy admin of the token")):
        held = {f"{owned}/owner": "safe", f"{owned}/pending_owner": "d", "safe/signers": "a b c"}
        held |= {} if owned == "token" else {"token/proxy_admin": owned}
        found = {(CONTROL, name): dict.fromkeys(text.split(), 1) for name, text in held.items()}
        known = Known(filled(draft, network, found, KEYS | SAFE | {("account", "box"): "contract"}), network.name)
        by_name = told(ways(known, "address"), Side.FORCE, RULES)
        assert (f"{way}, one key", 1, 0) in by_name
        (stop,) = told(ways(known, "address"), Side.STOP, RULES)
        # What the token is its network has read; what the box is it says itself.
        assert stop[1] == (3 if owned == "token" else NOT_BOX)
