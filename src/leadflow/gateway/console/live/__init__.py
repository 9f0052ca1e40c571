"""What changes on a page while somebody waits."""
