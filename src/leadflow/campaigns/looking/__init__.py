"""Campaigns as people look at them: how each goes, what changed, why somebody got a message."""
