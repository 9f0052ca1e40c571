"""Learn a challenger from outcomes and ask a person whether it may serve."""

from prefect import flow

from tasks.learning import (
    learn_challenger,
    propose_promotion,
    publish_rubric_report,
    publish_training_report,
)
from tasks.run_names import name_run


@flow(name="train_model", flow_run_name=name_run, timeout_seconds=21600)
def train_model(reason: str = "") -> str | None:
    """Train, report, propose; returns the approval's id, or None where the rubric goes on scoring.

    ``reason``: why now, where there is one; shown on top of the report. The run ends once the
    question is asked: ``await_decision`` waits for the answer.
    """
    learned = learn_challenger(reason)
    if isinstance(learned, str):
        publish_rubric_report(learned)
        return None
    publish_training_report(learned)
    return propose_promotion(learned)
