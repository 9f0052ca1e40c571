"""A year of a simulated market in minutes: the market changes twice, and scores must follow."""
