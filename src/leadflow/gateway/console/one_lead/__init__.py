"""The parts of a lead's page: how good it is and why, what now, what happened, its company."""
