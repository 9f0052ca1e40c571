"""Campaigns in the store: versions as they were written, and what each campaign is doing."""
