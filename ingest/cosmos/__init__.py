"""Chains of the Cosmos SDK: stake, votes, emission, keys, and exported states."""
