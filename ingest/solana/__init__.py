"""Solana: a token's supply, and the keys, multisigs and programs that can change it."""
