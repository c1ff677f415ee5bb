"""Virtuals Protocol: its locks, its agents, what agents are paid, and who types in what a quorum is of."""
