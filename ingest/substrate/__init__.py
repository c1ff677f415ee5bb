"""Substrate chains: their storage, and how it is spelled."""
