"""Files of leads brought in on pages: sent, read, looked at, imported, taken back."""
