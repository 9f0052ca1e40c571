"""Campaigns in the console: how they go, their messages, and what a lead has to do with them."""
