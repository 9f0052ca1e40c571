"""Pages of many leads: the list, saved views of it, what is done with several, the board."""
