"""Sources: systems that deliver by webhook; what they send is verified, kept, mapped, processed."""
