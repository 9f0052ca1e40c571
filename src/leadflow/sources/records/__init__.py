"""Records of deliveries: found in a body, and read into rows and events."""
