"""What leads have agreed to, and addresses that nobody writes to."""
