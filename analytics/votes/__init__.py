"""What a count of votes decides, what would turn it, and who takes part."""
