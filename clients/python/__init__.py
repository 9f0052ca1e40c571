"""The Python client of the API: how it is made. What is made is not kept here."""
