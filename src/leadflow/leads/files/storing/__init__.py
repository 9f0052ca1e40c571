"""Storing the rows of a file: what is newer stays, and what each changed is written down."""
