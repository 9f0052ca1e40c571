"""Who may be written to, and how they say no: a log of consent, and addresses nobody writes to."""
