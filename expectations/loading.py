"""Great Expectations, loaded when it is needed (it takes seconds), without telemetry."""

import os
from functools import lru_cache
from shutil import rmtree
from typing import Any


@lru_cache
def great_expectations() -> Any:
    """The library."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"  # read once, when it is imported
    import great_expectations

    return great_expectations


def expectation_types() -> Any:
    """Its module of expectations."""
    great_expectations()
    from great_expectations import expectations

    return expectations


def context_in_memory() -> Any:
    """A context that keeps nothing and shows no progress."""
    great_expectations()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = great_expectations().get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    # It makes a folder for pages that nobody asked for, and would leave it behind.
    site = context.variables.data_docs_sites["local_site"]
    context.delete_data_docs_site("local_site")
    rmtree(site["store_backend"]["base_directory"], ignore_errors=True)
    return context
