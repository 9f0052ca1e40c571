"""How far a step is: said in the log of its run, and to whoever watches in this process."""

from prefect.logging import get_run_logger

from leadflow.observability.progress import tell_watchers


def tell(words: str) -> None:
    """Say it; within a run only."""
    get_run_logger().info(words)
    tell_watchers(words)
