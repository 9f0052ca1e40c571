"""How long messages and enrolments are kept: by months, and what stays of those that go."""
