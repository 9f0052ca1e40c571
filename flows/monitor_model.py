"""Watch the model that serves, and train anew when a bound is passed."""

from prefect import flow

from tasks.monitoring import check_model, publish_health
from tasks.run_names import name_run


@flow(name="monitor_model", flow_run_name=name_run, timeout_seconds=3600)
def monitor_model() -> str:
    """Check, show, and start what the check asked for; returns the finding in words."""
    return publish_health(check_model())
