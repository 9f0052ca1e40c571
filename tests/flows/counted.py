"""How many runs the workers have counted, as ``/metrics`` tells it."""

from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector

from leadflow.settings import get_settings
from leadflow.supervisor.environment import metrics_folder


def runs_counted(deployment: str) -> dict[str, float]:
    """Runs of the deployment by the state they ended in."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(metrics_folder(get_settings())))  # type: ignore[no-untyped-call]
    return {
        sample.labels["ended"]: sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "leadflow_flow_run_seconds_count"
        and sample.labels["deployment"] == deployment
    }
