"""What checks of the data found, as pages."""
