"""Handing planned messages over: each is claimed once, sent, and its end is noted."""
