"""Watch the model that serves, and train anew when a bound is passed."""

from prefect import flow

from tasks.monitoring import ask_about_challenger, check_model, publish_health
from tasks.run_names import name_run


@flow(name="monitor_model", flow_run_name=name_run, timeout_seconds=3600)
def monitor_model() -> str:
    """Check, show, start what the check asked for, and ask about a challenger of which enough can
    be told by now; returns the finding in words."""
    return publish_health(check_model()) + ask_about_challenger()
