"""Learn a challenger from outcomes and ask a person whether it may serve."""

from prefect import flow

from tasks.learning import (
    learn_challenger,
    propose_promotion,
    publish_rubric_report,
    publish_training_report,
)
from tasks.outbox import deliver_outbox


@flow(name="train_model")
def train_model() -> str | None:
    """Train, report, propose; returns the approval's id, or None where the rubric goes on scoring.

    The run ends once the question is asked: ``await_decision`` waits for the answer.
    """
    learned = learn_challenger()
    if isinstance(learned, str):
        publish_rubric_report(learned)
        return None
    publish_training_report(learned)
    approval_id = propose_promotion(learned)
    deliver_outbox()
    return approval_id
