"""How many examples a property is tried with."""

import os

# `make test-long` sets it.
LONG = os.environ.get("LEADFLOW_TESTS") == "long"
USUAL = 100
SHARE = 16


def examples(many: int = USUAL) -> int:
    """So many in ``make test-long``, a sixteenth of them in ``make test``; at least two."""
    return many if LONG else max(2, many // SHARE)
