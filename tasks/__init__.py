"""The steps flows are made of."""
