"""What the claims rest on: each module measures, prints a table and writes its rows."""
