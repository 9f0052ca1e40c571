"""``leadflow monitor``: how the model that serves is doing."""

from leadflow.cli.console import console, told
from leadflow.cli.learning.flow_runs import recorded_by_prefect


def monitor() -> None:
    """See whether leads or probabilities have drifted; starts training where they have.

    The tables are in the Prefect UI: Artifacts, model-health.
    """
    with recorded_by_prefect("Watching the model"):
        from flows.monitor_model import monitor_model

        finding = monitor_model()
    told(words=finding)
    console.print(finding, markup=False, soft_wrap=True)
