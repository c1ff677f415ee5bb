"""What the Akash marketplace pays, to whom, and who offers its hardware."""
