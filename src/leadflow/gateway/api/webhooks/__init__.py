"""What comes in by webhook."""
