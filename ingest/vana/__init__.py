"""What Vana alone has: pools that are staked to by shares, data pools with rewards that keys write, its validators."""
