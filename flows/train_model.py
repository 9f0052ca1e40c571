"""Learn a challenger from outcomes and ask a person whether it may serve."""

from prefect import flow
from prefect.transactions import transaction

from flows.build_features import build_features
from leadflow.scoring.monitoring.retraining import NothingAsked
from tasks.features import find_fresh
from tasks.learning import (
    TrainingEnd,
    learn_challenger,
    propose_promotion,
    publish_nothing_asked,
    publish_training_report,
    see_that_data_hold,
)
from tasks.run_names import name_run
from tasks.run_tags import Tagged
from tasks.runners import RunnerOfSettings


@flow(
    name="train_model",
    flow_run_name=name_run,
    on_running=[Tagged("learning")],
    timeout_seconds=21600,
    task_runner=RunnerOfSettings(),
)
def train_model(reason: str = "", features: str = "") -> TrainingEnd:
    """Train, report, propose. Nobody is asked where there is too little to learn from, or what was
    learned is what serves.

    ``reason``: why now, where there is one; shown on top of the report. The run ends once the
    question is asked: ``await_decision`` waits for the answer. Where it cannot be asked, what was
    registered is taken out of MLflow again.

    ``features``: the set of features to learn from, by its id, for the same to be learned again;
    else a fresh one, which is made where there is none.
    """
    stopped = see_that_data_hold()
    if stopped is not None:
        return publish_nothing_asked(stopped)
    kept = features or find_fresh("training") or build_features(purpose="training").id
    with transaction():
        learned = learn_challenger(reason, kept)
        if isinstance(learned, NothingAsked):
            return publish_nothing_asked(learned)
        publish_training_report(learned)
        return propose_promotion(learned)
