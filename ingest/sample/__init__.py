"""Simulated facts of every network, for a dashboard without a network."""
