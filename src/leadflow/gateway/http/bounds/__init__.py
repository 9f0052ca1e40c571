"""What is taken of a caller: parameters, heads, bodies, and how much of them a minute."""
