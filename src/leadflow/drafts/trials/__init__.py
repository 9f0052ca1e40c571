"""What a change would have done with what came before, beside what counts today."""
