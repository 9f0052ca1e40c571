"""Imports after they are done: listing them, giving back what they changed, and holding a source to
its newest mapping."""
