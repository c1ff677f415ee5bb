"""What stands beside the dashboard for programs, feed readers and browsers without scripts."""
