"""Who comes into a campaign: a lead, those of a list, those who fit; and why one does not."""
