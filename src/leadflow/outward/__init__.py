"""Requests to other people's machines: which addresses they may reach, and how long they take."""
