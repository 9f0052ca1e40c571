"""What a company sets up, read, edited, tried and restored on pages."""
