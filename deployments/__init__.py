"""Where flows run: the two work pools, and the worker that keeps flows loaded."""
