"""What leads are found by in the database."""
