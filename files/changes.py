"""What changed from one publish to the next, and what the next one is compared with: all in one file, changes.json."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlsplit

from files.watched import HEARD, NAMED, ONE, SILENT, Kind, Watched
from questions.words import listed, sentence, several, short
from store.visible import plain

FORMAT: Final = 1
# Of one kind on one network, of earlier publishes: who opens a thousand proposals pushes out nothing but proposals.
KEPT: Final = 100
KEPT_FOR: Final = timedelta(days=90)
# Of a set of keys whose members are compared by name; of a larger one only that it changed is told.
MOST_MEMBERS: Final = 200
# What ends by itself is not waited for.
PASSING: Final = (Kind.PROPOSAL, Kind.FLIP)
# Letters of what strangers wrote, such as the title of a proposal.
LONGEST: Final = 500
# Who has a key that somebody had.
NOBODY: Final = "nobody"
# Of ids where no address is set.
NOWHERE: Final = "deai.invalid"


@dataclass(frozen=True, slots=True)
class Change:
    """One change, as feeds and alerts tell it; id: the same for ever, as a tag: URI.

    updated: when it was published; time: of the block in which it was seen. number: how few, or how many, it is now.
    """

    id: str
    kind: str
    network: str
    subject: str
    title: str
    says: str
    before: str
    after: str
    number: int | None
    page: str
    chain_id: str
    block: int | None
    hash: str
    time: str | None
    updated: str


@dataclass(frozen=True, slots=True)
class Before:
    """What a watched thing was when it could be told last."""

    value: str
    basis: str
    told: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """The changes of late, the newest first, and what comes next is compared with.

    since: from when on changes are told; authority: of all ids, the first host under which they were served. published:
    when the mart was built that was compared last, also where nothing had changed; empty in a file of before.
    """

    since: str
    authority: str
    changes: tuple[Change, ...] = ()
    before: Mapping[str, Before] = field(default_factory=dict)
    published: str = ""


def begun(built: datetime, at: str) -> Known:
    """Where nothing is known yet: the first comparison has nothing before it, and tells no change."""
    return Known(built.isoformat(), urlsplit(at).hostname or NOWHERE, published=built.isoformat())


def known(text: bytes | None) -> Known | None:
    """What a file of changes says; None where there is none, or it is of another version or damaged."""
    try:
        told = json.loads(text or b"null")
        if told["format"] != FORMAT:
            return None
        before = {
            key: Before(**{**one, "members": tuple(one["members"])}) for key, one in told["compared_with"].items()
        }
        found = tuple(Change(**one) for one in told["changes"])
        return Known(told["since"], told["authority"], found, before, told.get("published", ""))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def document(told: Known) -> dict[str, Any]:
    """The file of changes."""
    return {
        "format": FORMAT,
        "simulated": False,
        "since": told.since,
        "authority": told.authority,
        "published": told.published,
        "changes": [asdict(one) for one in told.changes],
        "compared_with": {key: asdict(one) for key, one in sorted(told.before.items())},
    }


def compared(earlier: Known, now: Sequence[Watched], built: datetime) -> Known:
    """What is known after a publish, by what is watched in its mart."""
    before = earlier.before
    alike = _alike(before, now)
    now = [*now, *_gone(before, now, alike)]
    found = [_change(one, before.get(one.key), built, earlier.authority) for one in now if _tells(one, before, alike)]
    ids = {one.id for one in earlier.changes}
    oldest = (built - KEPT_FOR).isoformat()
    changes = [*(one for one in found if one.id not in ids), *earlier.changes]
    of_late = sorted(
        (one for one in changes if one.updated >= oldest), key=lambda one: (one.updated, one.id), reverse=True
    )
    kept = tuple(_kept(of_late, built))
    return replace(earlier, changes=kept, before=dict(_next(before, now, alike)), published=built.isoformat())


def _kept(changes: Sequence[Change], built: datetime) -> Iterator[Change]:
    """The first of each kind on each network, and all of this publish: what it leaves out nobody is ever told."""
    seen = Counter[tuple[str, str]]()
    for one in changes:
        seen[one.network, one.kind] += 1
        if seen[one.network, one.kind] <= KEPT or one.updated == built.isoformat():
            yield one


def _alike(before: Mapping[str, Before], now: Sequence[Watched]) -> Mapping[str, Watched]:
    """The readings of keys that answer as they did before: what one of them has no more is gone, and not silent."""
    every = [one for one in now if one.kind == Kind.KEYS and one.key == _reading(one.key)]
    return {one.key: one for one in every if one.key in before and before[one.key].basis == one.basis}


def _reading(key: str) -> str:
    """The key of all that a reading tells of keys."""
    kind, network, subject = key.split("/", 2)
    return f"{kind}/{network}/{subject.partition('/')[0]}/"


def _gone(before: Mapping[str, Before], now: Sequence[Watched], alike: Mapping[str, Watched]) -> Iterator[Watched]:
    """The keys that nobody has any more."""
    there = {one.key for one in now}
    for key, last in before.items():
        if key not in there and (every := alike.get(_reading(key))):
            subject = key.split("/", 2)[2]
            what = f"{every.what}, {subject.partition('/')[2]}"
            told = several(0, "key")
            yield replace(every, subject=subject, what=what, value=NOBODY, told=told, basis=last.basis, number=0)


def _next(
    before: Mapping[str, Before], now: Sequence[Watched], alike: Mapping[str, Watched]
) -> Iterator[tuple[str, Before]]:
    """What the next publish is compared with: where nobody can tell now, what was told last."""
    networks = {one.network for one in now}
    told = {one.key for one in now if one.value is not None}
    for key, one in before.items():
        kind, network, subject = key.split("/", 2)
        # As long as a vote is open, what was known last of who can turn it.
        lasts = kind not in PASSING or (kind == Kind.FLIP and f"{Kind.PROPOSAL}/{network}/{subject}" in told)
        # A reading that answers in another way, and has a key no more, may not look for it any more.
        other = kind == Kind.KEYS and _reading(key) in told - alike.keys()
        if key not in told and network in networks and lasts and not other:
            yield key, one
    for seen in now:
        if seen.value is not None:
            members = seen.members if len(seen.members) <= MOST_MEMBERS else ()
            yield seen.key, Before(seen.value, seen.basis, seen.told, members)


def _tells(one: Watched, before: Mapping[str, Before], alike: Mapping[str, Watched]) -> bool:
    """Whether what is watched changed, and not only what is known of it."""
    last = before.get(one.key)
    if one.value is None:
        return False
    match one.kind:
        case Kind.PROPOSAL:
            # Where nobody asked for proposals before, all are new to us and none is new.
            return last is None and bool(one.subject) and f"{Kind.PROPOSAL}/{one.network}/" in before
        case Kind.FLIP:
            was_open = f"{Kind.PROPOSAL}/{one.network}/{one.subject}" in before
            turned = last is None or (last.value != ONE and last.basis == one.basis)
            return was_open and one.value == ONE and turned
        case Kind.KEYS if last is None:
            return _reading(one.key) in alike
        case Kind.SILENCE:
            return one.value == SILENT and last is not None and last.value == HEARD
    return last is not None and last.basis == one.basis and last.value != one.value


def _change(one: Watched, last: Before | None, built: datetime, authority: str) -> Change:
    title, says = _said(one, last)
    return Change(
        id=f"tag:{authority},2026:{quote(one.key)}/{_instant(built)}",
        kind=one.kind,
        network=one.network,
        subject=one.subject,
        title=plain(title, LONGEST),
        says=plain(says, LONGEST),
        before=plain(last.told, LONGEST) if last else "",
        after=plain(one.told, LONGEST),
        number=one.number,
        page=one.page,
        chain_id=one.chain_id,
        block=one.block,
        hash=one.hash,
        time=one.time.isoformat() if one.time else None,
        updated=built.isoformat(),
    )


def _instant(built: datetime) -> str:
    """To the last digit: two publishes may be of one second."""
    return f"{built:%Y%m%dT%H%M%S}{f'.{built:%f}' if built.microsecond else ''}"


def _said(one: Watched, last: Before | None) -> tuple[str, str]:
    """The title of a change, and what it says more."""
    was = f" Before: {last.told}." if last and last.told else ""
    match one.kind:
        case Kind.PROPOSAL:
            return f"{one.title}: {one.what} is open", sentence(f"{one.told}.")
        case Kind.FLIP:
            return f"{one.title}: one address can now turn {one.what}", f"{one.told}, all others unchanged."
        case Kind.SILENCE:
            return (
                f"{one.title}: {one.what} went silent",
                f"{one.told}. What was read before stands; nothing is known to have changed.",
            )
        case Kind.KEYS:
            return f"{one.title}: {one.what} changed", _moved(one, last)
        case Kind.PARAMETER:
            return f"{one.title}: {one.what} is now {one.told}", was.strip()
    return f"{one.title}: {one.what}: now {one.told}", was.strip()


def _moved(one: Watched, last: Before | None) -> str:
    """Who came and who went, by address."""
    then, now = set(last.members if last else ()), set(one.members)
    if last and not then and last.value != NOBODY:
        return f"Now {one.told}, before {last.told}."
    told = [f"{verb} {_some(who)}" for verb, who in (("added", now - then), ("removed", then - now)) if who]
    return sentence(f"{'; '.join(told)}. Now {one.told}.")


def _some(who: set[str]) -> str:
    named = sorted(who)
    more = len(named) - NAMED
    return listed([short(one) for one in named[:NAMED]] + ([f"{more} more"] if more > 0 else []))
