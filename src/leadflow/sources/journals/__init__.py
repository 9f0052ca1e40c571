"""Sources that keep a journal: it is read page by page, and what stands there is delivered."""
