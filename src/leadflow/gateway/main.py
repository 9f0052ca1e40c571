"""The entry of a gateway process, for uvicorn: ``leadflow.gateway.main:gateway``."""

from fastapi import FastAPI

from leadflow.database.engine import Use, work_for
from leadflow.gateway.application import create_app


def gateway() -> FastAPI:
    """The application of a process that does nothing but answer requests."""
    work_for(Use.REQUEST)
    return create_app()
