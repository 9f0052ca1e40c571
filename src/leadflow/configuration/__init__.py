"""What a company sets up, as files: checked, applied, written and looked back at as a whole."""
