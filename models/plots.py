"""Pictures of a training: each title says the finding, each has a line to compare with."""

from pathlib import Path
from typing import Any

from models.training import Training

INK, ACCENT, GREY = "#1f2933", "#2563eb", "#9aa5b1"


def write_plots(training: Training, directory: Path) -> None:
    """Write ``calibration.png``, ``lift.png`` and ``importance.png`` into the folder."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, draw in (
        ("calibration", _calibration),
        ("lift", _lift),
        ("importance", _importance),
    ):
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
    axes.set_title(
        f"Predictions are off by {training.latest.ece:.1%} on average", loc="left", color=INK
    )
    axes.legend(frameon=False)


def _lift(axes: Any, training: Training) -> None:
    share = [0.0, *(row["share_of_leads"] for row in training.lift)]
    gained = [0.0, *(row["share_of_conversions"] for row in training.lift)]
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", label="leads picked at random")
    axes.plot(share, gained, color=ACCENT, marker="o", label="best-scored leads first")
    axes.set_xlabel("Share of leads called")
    axes.set_ylabel("Share of conversions reached")
    fifth = training.lift[1]["share_of_conversions"]
    axes.set_title(
        f"The best-scored fifth of leads holds {fifth:.0%} of the conversions",
        loc="left",
        color=INK,
    )
    axes.legend(frameon=False)


def _importance(axes: Any, training: Training) -> None:
    top = training.importance[:10][::-1]
    axes.barh([label for label, _ in top], [points for _, points in top], color=ACCENT)
    axes.axvline(0, color=GREY)
    axes.set_xlabel("Points this moves a lead by, on average")
    axes.set_title(f"{top[-1][0]} moves scores most", loc="left", color=INK)
