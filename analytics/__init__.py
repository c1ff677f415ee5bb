"""Arithmetic: arrays and frames in, numbers out; no file, no database, no network."""
