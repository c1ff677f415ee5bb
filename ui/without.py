"""What has no SQL of its own, and why: as pages say it where they cite, and as docs/cookbook.md lists it."""

from collections.abc import Mapping
from typing import Final

AFTER: Final = (
    "What a scenario makes of it is no fact and stored nowhere: it is computed from the amounts of the parties, and so "
    "is its SQL. What has logarithms in it (entropies, Theil) has SQL as it is now and none after; nor has a choice of "
    "so many parties that no link holds them."
)
EACH_VOTE: Final = (
    "The chain's own count, and what was counted again by its rule when the mart was built. With how much each one "
    "votes is counted from the tables vote, holding and share by the same rule, and has no SQL of its own."
)
STAKE_OF_TODAY: Final = (
    "The chain's own count. What would have turned it is counted over the stake of today, since that of the vote was "
    "not read while it was open; it is another with each day, is stored nowhere and has no SQL."
)
ONE_ADDRESS: Final = (
    "The chain's own count. What one address weighs is counted when somebody asks for it, by the chain's rule in whole "
    "numbers longer than those of SQL, and has no SQL of its own."
)
HABITS: Final = (
    "Turnouts are of the chain's own counts. The usual one, who never voted, what was overridden and who proposes "
    "follow from all votes together, over the stake of today, and have no SQL of their own."
)
# By the words under which the cookbook lists it.
WITHOUT: Final[Mapping[str, str]] = {
    "Logarithms after a scenario": AFTER,
    "With how much each one votes": EACH_VOTE,
    "What would have turned a vote of which no stake was read": STAKE_OF_TODAY,
    "What one address weighs in a vote": ONE_ADDRESS,
    "Who takes part": HABITS,
}
