"""Runs the gateway's processes; ``python -m leadflow.gateway.serve``."""

from pathlib import Path

import uvicorn

from leadflow import observability
from leadflow.gateway.http.bounds.patience import ImpatientProtocol
from leadflow.settings import get_settings


def main() -> None:
    """Serve until told to end."""
    settings = get_settings()
    uvicorn.run(
        "leadflow.gateway.main:gateway",
        factory=True,
        host=settings.host,
        port=settings.gateway_port,
        workers=settings.gateway_processes,
        http=ImpatientProtocol,
        log_level="warning",
        access_log=False,
        log_config=str(Path(observability.__file__).parent / "uvicorn.json"),
    )


if __name__ == "__main__":
    main()
