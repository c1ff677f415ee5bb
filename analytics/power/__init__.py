"""How few can decide: voting power, ways to power, and the words for them."""
