"""Arweave: blocks by their hash, rewards by theirs, and who must agree."""
