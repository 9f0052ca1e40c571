"""Files that are sent over the API: kept in encrypted parts, mapped, imported in the background."""
