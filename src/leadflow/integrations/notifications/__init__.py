"""Telling people what they are to know: by e-mail unless another way is set."""
