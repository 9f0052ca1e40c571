"""Sources: systems that deliver by webhook or keep a journal; verified, kept, mapped, processed."""
