"""Pictures of a training: each title says the finding, each has a line to compare with."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.summary_plot import summary
from models.training import Training

INK, ACCENT, GREY = "#1f2933", "#2563eb", "#9aa5b1"


def write_plots(training: Training, directory: Path) -> None:
    """Write ``calibration.png``, ``gain.png``, ``lift.png``, ``importance.png`` and
    ``summary.png`` into the folder."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, draw in PLOTS.items():
        figure, axes = _figure()
        draw(axes, training)
        figure.savefig(directory / f"{name}.png", bbox_inches="tight")


def _figure() -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), dpi=90)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _calibration(axes: Any, training: Training) -> None:
    predicted = [row["predicted"] for row in training.calibration]
    observed = [row["observed"] for row in training.calibration]
    top = max([*predicted, *observed]) * 1.05
    axes.plot([0, top], [0, top], color=GREY, linestyle="--", label="perfect")
    axes.plot(predicted, observed, color=ACCENT, marker="o", label="this model")
    axes.set_xlabel("Predicted chance of converting")
    axes.set_ylabel("Share that converted")
    _title(axes, f"Predictions are off by {training.latest.ece:.1%} on average")
    axes.legend(frameon=False)


def _gain(axes: Any, training: Training) -> None:
    share = [0.0, *(row["share_of_leads"] for row in training.lift)]
    gained = [0.0, *(row["share_of_conversions"] for row in training.lift)]
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", label="leads picked at random")
    axes.plot(share, gained, color=ACCENT, marker="o", label="best-scored leads first")
    axes.set_xlabel("Share of leads called")
    axes.set_ylabel("Share of conversions reached")
    fifth = training.lift[1]["share_of_conversions"]
    _title(axes, f"The best-scored fifth of leads holds {fifth:.0%} of the conversions")
    axes.legend(frameon=False)


def _lift(axes: Any, training: Training) -> None:
    share = [row["share_of_leads"] for row in training.lift]
    lift = [row["lift"] for row in training.lift]
    axes.axhline(1.0, color=GREY, linestyle="--", label="leads picked at random")
    axes.plot(share, lift, color=ACCENT, marker="o", label="best-scored leads first")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("Share of leads called")
    axes.set_ylabel("Conversions per call, against random calls")
    _title(axes, f"The best-scored tenth converts {lift[0]:.1f} times as often as the average lead")
    axes.legend(frameon=False)


def _importance(axes: Any, training: Training) -> None:
    top = training.importance[:10][::-1]
    axes.barh([label for label, _ in top], [points for _, points in top], color=ACCENT)
    axes.axvline(0, color=GREY)
    axes.set_xlabel("Points this moves a lead by, on average")
    _title(axes, f"{top[-1][0]} moves scores most")


def _summary(axes: Any, training: Training) -> None:
    frame = training.judged_on.frame
    strongest = summary(axes, training.scorecard.score(frame), frame)
    axes.axvline(0, color=GREY, linewidth=0.8, zorder=0)
    axes.set_xlabel("Points this adds to a lead's score")
    _title(axes, f"How each feature moves leads: {strongest} most")


def _title(axes: Any, finding: str) -> None:
    axes.set_title(finding, loc="left", color=INK)


PLOTS: dict[str, Callable[[Any, Training], None]] = {
    "calibration": _calibration,
    "gain": _gain,
    "lift": _lift,
    "importance": _importance,
    "summary": _summary,
}
