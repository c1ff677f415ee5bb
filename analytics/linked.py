"""Who belongs together: those who share something, also through others."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Member = TypeVar("Member", bound=Hashable)


def linked(marks: Mapping[Member, Iterable[Hashable]]) -> list[list[Member]]:
    """Groups of members who share a mark with one another, or each with a third; who shares none is alone.

    Groups and their members are in the order of `marks`.
    """
    leader = {member: member for member in marks}

    def lead(member: Member) -> Member:
        while leader[member] != member:
            leader[member] = member = leader[leader[member]]
        return member

    first: dict[Hashable, Member] = {}
    for member, own in marks.items():
        for mark in own:
            leader[lead(member)] = lead(first.setdefault(mark, member))
    groups: dict[Member, list[Member]] = defaultdict(list)
    for member in marks:
        groups[lead(member)].append(member)
    return list(groups.values())
