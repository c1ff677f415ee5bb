"""What is read from Bittensor: one file a question, each a plain function of a node at one block."""
