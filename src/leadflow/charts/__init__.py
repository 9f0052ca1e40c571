"""Charts for pages and reports, drawn by a process of their own that ends when nobody needs it."""
