"""How many are in campaigns and how they ended, and what became of messages: kept numbers."""
