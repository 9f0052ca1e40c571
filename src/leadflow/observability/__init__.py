"""Seeing what happens: logs, figures and traces. Every room may use it; it uses only settings."""
