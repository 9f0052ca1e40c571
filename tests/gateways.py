"""The gateway of tests, called in their own process."""

from functools import lru_cache

from fastapi import FastAPI


@lru_cache
def application() -> FastAPI:
    """Made once in a test run: its first request works out how to answer each of its addresses, and
    that takes longer than most tests. What it keeps of a test ends with its lifespan."""
    from leadflow.gateway.application import create_app

    return create_app()
