"""Watch the model that serves, and train anew when a bound is passed."""

from prefect import flow

from flows.build_features import build_features
from tasks.features import find_fresh
from tasks.monitoring import ask_about_challenger, check_model, publish_health
from tasks.run_names import name_run
from tasks.run_tags import Tagged


@flow(
    name="monitor_model",
    flow_run_name=name_run,
    on_running=[Tagged("learning")],
    timeout_seconds=3600,
)
def monitor_model() -> str:
    """Check, show, start what the check asked for, and ask about a challenger of which enough can
    be told by now; returns the finding in words."""
    recent = find_fresh("recent") or build_features(purpose="recent").id
    return publish_health(check_model(recent)) + ask_about_challenger()
