"""Pages for whoever gets mail, who has no account here."""
