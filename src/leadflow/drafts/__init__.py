"""Changes of what is set up that wait until somebody else approves them, and count only then."""
