"""What a training found, in a few lines for whoever started it."""

from features.how_many import how_many
from models.training import Training


def findings(training: Training) -> tuple[str, ...]:
    """The learner and what it learned from; how well it ranks; what may know the outcome."""
    latest = "the latest leads" if training.dated else "a fifth of the leads"
    beside = (
        ""
        if training.rubric is None
        else f"; the expert rubric's is {training.rubric.metrics.auc:.3f}"
    )
    leaks = ", ".join(dict.fromkeys(leak.feature for leak in training.leaks))
    return (
        f"Learner: {training.chosen}, from {how_many(training.leads, 'lead')} "
        f"({training.converted:,} converted) looked at until {training.last}{_window(training)}",
        f"Ranking: AUC {training.latest.auc:.3f} (90 % interval {training.auc_low:.3f} to "
        f"{training.auc_high:.3f}) on {latest}, which it had not learned from{beside}",
        f"Leaks: {leaks}: may know the outcome" if leaks else "Leaks: none found",
    )


def _window(training: Training) -> str:
    window = training.window
    return "" if not window.words else f": the newest of {window.of:,}, for the market has changed"


def noted(report: str, note: str) -> str:
    """A report with a note under its first line, which stays the first: it says what is
    proposed."""
    if not note:
        return report
    first, _, rest = report.partition("\n")
    return f"{first}\n\n> {note}\n{rest}"
