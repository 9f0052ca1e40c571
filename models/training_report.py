"""A training in words, for the person who decides whether the model may serve."""

from typing import Any

from features.how_many import how_many
from models.evaluation import Metrics
from models.markdown import table
from models.model_card import NOT_FOR
from models.plots import write_plots
from models.training import Training

__all__ = ["write_plots", "write_report"]


def write_report(training: Training, horizon_days: int) -> str:
    """Markdown: the finding first, then candidates, calibration, and what was learned from."""
    return "\n\n".join(
        [
            f"# {_headline(training)}",
            training.why,
            f"## On {_judged(training)}, which it had not learned from",
            _comparison(training),
            f"90 % interval of the AUC: {training.auc_low:.3f} to {training.auc_high:.3f}. "
            "An AUC of 1 ranks every buyer first, 0.5 is chance; the other figures are errors: "
            "0 is best.",
            "## Candidates",
            "\n\n".join([table(training.candidate_table()), *_absent(training)]),
            "## Calibration",
            table([_percent(row) for row in training.calibration]),
            "## What moves scores most",
            table(
                [
                    {"feature": label, "points on average": f"{points:.1f}"}
                    for label, points in training.importance[:8]
                ]
            ),
            "## What it learned from",
            f"{how_many(training.leads, 'lead')} looked at between {training.first} and "
            f"{training.last}, "
            f"{training.converted:,} of which converted within {how_many(horizon_days, 'day')} "
            f"({training.converted / training.leads:.1%}).{_window(training)}{_copies(training)}",
            "## What it must not be used for",
            NOT_FOR,
        ]
    )


def _absent(training: Training) -> list[str]:
    """What is said of candidates of your own that took no part."""
    return [f"{name} took no part: {why}." for name, why in training.absent.items()]


def _headline(training: Training) -> str:
    if training.rubric is None:
        return (
            f"{training.chosen.capitalize()}: AUC {training.latest.auc:.3f} on {_judged(training)}"
        )
    found = training.rubric
    verdict = "ranks better than" if found.gain_low > 0 else "is not clearly better than"
    return (
        f"{training.chosen.capitalize()} {verdict} the expert rubric: "
        f"AUC {training.latest.auc:.3f} against {found.metrics.auc:.3f} "
        f"(gain {found.gain_low:+.3f} to {found.gain_high:+.3f})"
    )


def _window(training: Training) -> str:
    return f" {training.window.words}" if training.window.words else ""


def _copies(training: Training) -> str:
    """What is said where leads stand in the data more than once."""
    if not training.copies:
        return ""
    one = training.copies == 1
    return (
        f" {how_many(training.copies, 'lead')} {'is a copy' if one else 'are copies'} of another "
        "(the same in all that is known, or nearly): a lead and its copies are learned from "
        "together or judged together, never one by the other."
    )


def _judged(training: Training) -> str:
    return "the latest leads" if training.dated else "a fifth of the leads"


def _comparison(training: Training) -> str:
    rows = [_metrics_row("this model", training.latest)]
    if training.rubric is not None:
        rows.append(_metrics_row("expert rubric", training.rubric.metrics))
    return table(rows)


def _metrics_row(name: str, metrics: Metrics) -> dict[str, Any]:
    return {"scorer": name, **{key: f"{value:.4f}" for key, value in metrics.to_dict().items()}}


def _percent(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "leads": row["leads"],
        "predicted": f"{row['predicted']:.1%}",
        "observed": f"{row['observed']:.1%}",
    }
