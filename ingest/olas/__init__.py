"""Olas: the guard of its multisig, its emission votes and claims, its services, and what mechs are paid."""
