"""The first page of the console: what each role wants to see first."""
