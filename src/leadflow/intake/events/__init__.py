"""What leads did comes in: of one lead, or of many at a time."""
