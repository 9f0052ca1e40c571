"""What leads somebody new through the console."""
