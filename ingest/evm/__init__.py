"""Chains that run the Ethereum Virtual Machine: holders, events, and the keys of contracts."""
