"""A check of the model in Markdown, for the person who watches over it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from features.how_many import how_many, of_number
from leadflow.scoring.monitoring.earlier_checks import EarlierCheck
from leadflow.scoring.monitoring.model_health import ModelHealth
from leadflow.scoring.monitoring.shadow_report import ShadowReport

if TYPE_CHECKING:
    from models.calibration_drift import CalibrationCheck
    from models.drift import Drift
    from models.evaluation import Metrics

INDEX = (
    "The index says how far a feature's shares have moved: below 0.1 nothing, to 0.25 something, "
    "above it much. `by chance` is what as many leads of the same kind would show."
)


def write_health(health: ModelHealth) -> str:
    """Markdown: the finding first, then what it rests on."""
    new = health.new_outcomes
    waiting = (
        f"{how_many(new, 'lead')} {of_number(new, 'has')} passed the horizon and "
        f"{of_number(new, 'was')} not learned from."
    )
    parts = [f"# {health.verdict}", *health.reasons_to_train]
    parts.append(f"Scoring now: {health.serving}. {waiting}")
    if health.drift is not None:
        parts += ["## Do leads look as they did?", *_drift(health.drift)]
    if health.calibration is not None:
        parts += [
            "## Do probabilities mean what they say?",
            *_calibration(health.calibration, health.promised),
        ]
    if health.shadow is not None:
        parts += ["## What if the challenger served?", *_shadow(health.shadow)]
    if health.earlier:
        parts += ["## Earlier checks", table([_line(check) for check in health.earlier])]
    # What is a reason stands at the top already.
    return "\n\n".join(dict.fromkeys(parts))


def _line(check: EarlierCheck) -> dict[str, str]:
    moved = "" if check.index is None else f"{check.feature} ({check.index:.2f})"
    return {
        "checked": f"{check.checked_at:%Y-%m-%d %H:%M} UTC",
        "moved most": moved,
        "observed over expected": "" if check.ratio is None else f"{check.ratio:.2f}",
        "reasons to train": str(check.reasons),
    }


def _drift(drift: "Drift") -> list[str]:
    from models.drift import drift_rows

    if not drift.leads:
        return [drift.words]
    return [drift.words, table(drift_rows(drift)), INDEX]


def _calibration(found: "CalibrationCheck", promised: "Metrics | None") -> list[str]:
    if found.metrics is None or not (found.ratio and found.shift and found.slope):
        return [found.words]
    since = {"": "since", **_figures(found.metrics)}
    rows = [since] if promised is None else [{"": "at training", **_figures(promised)}, since]
    measures = [
        _measure("observed over expected", "1", found.ratio),
        _measure("calibration in the large (log-odds)", "0", found.shift),
        _measure("slope", "1", found.slope),
    ]
    bins = [
        {
            "leads": row["leads"],
            "predicted": f"{row['predicted']:.1%}",
            "observed": f"{row['observed']:.1%}",
        }
        for row in found.table
    ]
    return [found.words, table(measures), table(rows), table(bins)]


def _shadow(found: ShadowReport) -> list[str]:
    rows = [{"from": old, "to": new, "leads": f"{count:,}"} for old, new, count in found.moved]
    return [found.words, *([table(rows)] if rows else [])]


def _measure(name: str, ideal: str, found: tuple[float, float, float]) -> dict[str, str]:
    value, low, high = (f"{number:.2f}" for number in found)
    return {"measure": name, "ideal": ideal, "value": value, "99 % interval": f"{low} to {high}"}


def _figures(metrics: "Metrics") -> dict[str, str]:
    return {
        "AUC": f"{metrics.auc:.3f}",
        "Brier score": f"{metrics.brier:.4f}",
        "calibration error (ECE)": f"{metrics.ece:.4f}",
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Rows as a Markdown table; bars in words are kept from ending a cell."""
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([str(row[name]) for name in names] for row in rows)]
    cells = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)
