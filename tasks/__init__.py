"""The steps flows are made of. Whatever they ask people about is of a kind that is known here."""

from leadflow.integrations import decisions

__all__ = ["decisions"]
