"""How each kind of sender proves that a request is its own."""
