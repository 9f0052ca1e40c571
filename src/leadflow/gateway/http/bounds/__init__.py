"""How much is taken of a caller: heads, bodies, requests a minute."""
