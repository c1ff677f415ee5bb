"""Facts in: clients, readings, the run, the command line."""
