"""Sources that are no chain: feeds and prices."""
