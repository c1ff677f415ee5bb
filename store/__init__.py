"""Landing and the mart: what was read, immutable, and what is published of it; the vocabulary of facts."""
