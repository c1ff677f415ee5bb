"""Filecoin: its nodes, its states proved by their hashes, and what is read of them."""
