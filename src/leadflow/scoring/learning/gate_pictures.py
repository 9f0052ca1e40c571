"""What the page of a promotion shows beside its buttons: the verdict, figures, and charts, drawn as
the report is written and kept with the question."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from features.how_many import how_many
from leadflow.approvals.evidence import Evidence, Fact
from leadflow.charts.drawing import draw
from leadflow.charts.figures import Bar, Chart, Figure, Table, bars, calibration, lift

if TYPE_CHECKING:
    from models.gate_report import Curves
    from models.gate_report import Evidence as Found

SERIES = ("challenger", "now")
MOST_MOVES = 6
Rows = Sequence[Mapping[str, Any]]


def pictured(found: "Found", version: str) -> Evidence:
    """The evidence of a challenger as a person looks at it who decides."""
    from models.gate_report import figures, verdict

    drawn = [] if found.curves is None else [_lift(*found.curves), _calibration(*found.curves)]
    moves = _moves(found)
    return Evidence(
        about=f"version {version} of the model",
        asks=f"Let version {version} of the model serve?",
        verdict=verdict(found),
        facts=tuple(Fact(one.name, one.value, one.note) for one in figures(found)),
        charts=tuple(draw(one) for one in [*drawn, *moves]),
        matter=_that_matter(found),
    )


def _lift(now: "Curves", then: "Curves") -> Figure:
    first, before = then.lift[0]["lift"], now.lift[0]["lift"]
    title = f"Its best tenth converts {first:.1f} times as often as the average; now {before:.1f}"
    rows = [
        [f"{new['share_of_leads']:.0%}", f"{new['lift']:.2f}", f"{old['lift']:.2f}"]
        for new, old in zip(then.lift, now.lift, strict=True)
    ]
    table = Table(("Best-scored share of leads", "Challenger: times the average", "Now"), rows)
    points = {
        name: [(row["share_of_leads"], row["lift"]) for row in curve.lift]
        for name, curve in zip(SERIES, (then, now), strict=True)
    }
    return lift(title, points, table)


def _calibration(now: "Curves", then: "Curves") -> Figure:
    title = (
        f"Its chances miss by {_missed(then.calibration):.1%} on average; "
        f"those that serve now by {_missed(now.calibration):.1%}"
    )
    named = list(zip(SERIES, (then, now), strict=True))
    rows = [
        [name, f"{row['leads']:,}", f"{row['predicted']:.1%}", f"{row['observed']:.1%}"]
        for name, curve in named
        for row in curve.calibration
    ]
    points = {
        name: [(row["predicted"], row["observed"]) for row in curve.calibration]
        for name, curve in named
    }
    return calibration(title, points, Table(("By", "Leads", "Predicted", "Converted"), rows))


def _missed(rows: Rows) -> float:
    leads = sum(row["leads"] for row in rows)
    apart = sum(row["leads"] * abs(row["predicted"] - row["observed"]) for row in rows)
    return float(apart / leads)


def _moves(found: "Found") -> list[Figure]:
    """How many leads go from which level to which, the most first; nothing where none does."""
    from models.gate_report import shift_words

    moved = [(move, count) for move, count in found.shifts.items() if move[0] != move[1] and count]
    moved.sort(key=lambda one: -one[1])
    if not moved:
        return []
    named = [(f"{old} to {new}", count) for (old, new), count in moved]
    table = Table(("From level to level", "Leads"), [[name, f"{n:,}"] for name, n in named])
    shown = [Bar(name, count) for name, count in named[:MOST_MOVES]]
    return [bars(shift_words(found.shifts), shown, "Leads", table, form=",d")]


def _that_matter(found: "Found") -> Chart | None:
    """The segments that predictions miss, which are few; None where there are none."""
    from models.segments import that_matter

    few, off = that_matter(found.segments), sum(part.off for part in found.segments)
    if not few:
        return None
    columns = ["Leads whose", "Leads", "Predicted", "Converted"]
    rows = [
        [
            f"{part.feature}: {part.value}",
            f"{part.leads:,}",
            f"{part.predicted:.1%}",
            f"{part.observed:.1%}",
        ]
        for part in few
    ]
    title = f"Its chances are wrong, beyond what chance explains, for {how_many(off, 'segment')}"
    return Chart(title, None, columns, rows)
