"""Arweave: its peers and gateways, its blocks and what miners are paid."""
