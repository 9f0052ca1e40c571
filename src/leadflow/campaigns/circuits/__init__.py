"""Circuit breakers of channels: where one fails by its own fault, nothing more is handed to it."""
