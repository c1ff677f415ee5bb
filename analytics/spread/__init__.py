"""Over how many a resource is spread: metrics, their bounds, and what would change them."""
