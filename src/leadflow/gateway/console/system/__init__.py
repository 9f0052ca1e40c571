"""Pages for those who run Leadflow."""
