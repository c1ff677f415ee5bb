"""Akash: its marketplace, its escrow, its burn and mint, its console."""
