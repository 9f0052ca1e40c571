"""Webhooks out: other programs are told what happens to leads."""
