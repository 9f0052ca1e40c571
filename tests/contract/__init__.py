"""The API against its own description, asked by schemathesis as every role."""
