"""Replays of a bundle that DEAI_RECORDED names."""
