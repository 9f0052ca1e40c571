"""The model card (Mitchell et al., 2019): what a model is, how it does for whom, what it is not
for."""

from datetime import datetime

from features.how_many import how_many
from models.code_version import CodeVersion
from models.markdown import leak_list, segment_table, table
from models.segments import Segment, segments
from models.training import Training

NOT_FOR = (
    "It ranks leads for sales follow-up. It says nothing of a person's worth or credit, "
    "and must not decide about prices, contracts or employment."
)


def training_segments(training: Training) -> list[Segment]:
    """How the recipe did for each kind of lead, on the leads it had not learned from."""
    place = {label: rank for rank, (label, _) in enumerate(training.importance)}
    features = sorted(
        training.scorecard.features, key=lambda feature: place.get(feature.label, len(place))
    )
    judged = training.judged_on
    return segments(judged.frame, judged.labels, judged.probability, features)


def write_card(
    training: Training,
    horizon_days: int,
    learned_at: datetime,
    code: CodeVersion,
    found: list[Segment] | None = None,
) -> str:
    """The card in Markdown; ``found`` are the segments where they are known already."""
    found = training_segments(training) if found is None else found
    off = [f"{part.feature}: {part.value}" for part in found if part.off]
    return "\n\n".join(
        [
            f"# Model card: {training.chosen}",
            f"Predicts whether a lead converts within {how_many(horizon_days, 'day')}, and "
            "scores it: 50 is "
            "the average lead, 10 points more are twice the odds. A score is a sum of exact "
            "contributions, one a feature.",
            "## What it learned from",
            _learned_from(training, learned_at, code),
            "## How good it is",
            _how_good(training),
            "## How good it is for whom",
            segment_table(found) or "There are too few leads to divide.",
            "Predictions miss beyond chance for " + "; ".join(off) + "."
            if off
            else "Predictions miss for none of them beyond chance.",
            "Intervals are 99.7 %, because many segments are looked at.",
            "## Suspected leaks",
            leak_list(training.leaks) or "None was found.",
            "## What it must not be used for",
            NOT_FOR,
            "Its probabilities hold for leads like those it learned from. Where the market, the "
            "sources of leads or the way they are worked change, it must learn again.",
        ]
    )


def _learned_from(training: Training, learned_at: datetime, code: CodeVersion) -> str:
    return table(
        [
            {"": name, "value": value}
            for name, value in (
                ("Leads", f"{training.leads:,}, looked at {training.first} to {training.last}"),
                (
                    "Converted",
                    f"{training.converted:,} ({training.converted / training.leads:.1%})",
                ),
                ("Copies among them", _copies(training)),
                ("Features", str(len(training.scorecard.features))),
                ("Learned at", f"{learned_at:%Y-%m-%d %H:%M} UTC"),
                ("Data (SHA-256)", training.data_sha256),
                ("Code", str(code)),
            )
        ]
    )


def _copies(training: Training) -> str:
    if not training.copies:
        return "none found"
    return f"{training.copies:,}; no lead was judged by what had learned from a copy of it"


def _how_good(training: Training) -> str:
    where = "the latest leads" if training.dated else "a fifth of the leads"
    metrics = training.latest
    return (
        f"On {where}, which the judged model had not learned from: AUC {metrics.auc:.3f} "
        f"(90 % interval {training.auc_low:.3f} to {training.auc_high:.3f}), Brier score "
        f"{metrics.brier:.4f}, log loss {metrics.log_loss:.4f}, calibration error "
        f"{metrics.ece:.4f}. {training.why}"
    )
