"""MLflow's pages and API, for those who sign in, and without uploads.

MLflow's server lets in whoever reaches its port, takes files from them and deletes what they name.
Leadflow's own parts write to its database and folder directly and need none of that.
"""

import os

from starlette.types import ASGIApp

from deployments.guarded import Guarded
from leadflow.observability.process import begin


def create_app() -> ASGIApp:
    """The application, for uvicorn; ``LEADFLOW_MLFLOW_SIGN_IN`` holds ``name:password``."""
    begin("mlflow")
    from mlflow.server.fastapi_app import app

    return Guarded(app, os.environ["LEADFLOW_MLFLOW_SIGN_IN"], open_to_all=("/health",))
