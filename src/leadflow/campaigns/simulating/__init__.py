"""A campaign run over many leads by a clock of its own; nobody gets a mail."""
