"""What an operator types: a module a kind of work; `ingest.__main__` lists the commands."""
