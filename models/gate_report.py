"""The report at the gate: the proposal with its reason first, then the evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from features.how_many import how_many
from models.comparison import Comparison, changed
from models.leak import Leak
from models.markdown import comparison_table, leak_list, segment_table, table
from models.segments import MOST_THAT_MATTER, Segment, that_matter

Shifts = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Curves:
    """How one of both predicts and ranks these leads: the rows of ``calibration_table`` and
    ``lift_table``."""

    calibration: Sequence[Mapping[str, Any]]
    lift: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Evidence:
    """A challenger beside the champion on the same leads.

    ``champion`` is what serves, in words; ``judged_on`` says which leads these are, and why they
    are fair to both. ``comparison`` is None where nothing can be told: either ``needed`` says what
    leads are missing for it, or both score these leads alike. ``curves`` are the champion's and the
    challenger's, where there is a comparison.
    """

    champion: str
    judged_on: str
    comparison: Comparison | None
    shifts: Shifts
    segments: Sequence[Segment]
    leaks: Sequence[Leak]
    needed: str = ""
    curves: tuple[Curves, Curves] | None = None

    @property
    def same(self) -> bool:
        """Whether both give these leads the same scores."""
        return self.comparison is None and not self.needed

    @property
    def verdict(self) -> str:
        """What was found, in two or three words."""
        if self.comparison is not None:
            return self.comparison.verdict
        return "the same" if self.same else "cannot be told yet"


def write_gate_report(evidence: Evidence, more: str = "") -> str:
    """Markdown for the person who decides; ``more`` is the report of the training."""
    parts = [f"# {headline(evidence)}"]
    if evidence.leaks:
        parts += [_about_leaks(evidence.leaks)]
    parts += [
        figure_table(evidence),
        f"## {shift_words(evidence.shifts)}",
        _shift_table(evidence.shifts),
        f"## Segments{_off(evidence.segments)}",
        segment_table(that_matter(evidence.segments)),
        f"---\n\n## Champion and challenger: {evidence.verdict}",
        evidence.judged_on,
        _measured(evidence),
        "## All segments" if evidence.segments else "",
        segment_table(evidence.segments) or "There are too few leads to divide.",
        f"---\n\n{more}" if more else "",
    ]
    return "\n\n".join(part for part in parts if part)


@dataclass(frozen=True)
class GateFigure:
    """One of the few figures that decide; ``note`` is what to hold it against."""

    name: str
    value: str
    note: str


def figures(evidence: Evidence) -> tuple[GateFigure, ...]:
    """Three at most: how well it ranks, what the best-scored tenth brings, how much changes."""
    found = []
    if evidence.comparison is not None:
        ranked = evidence.comparison.auc
        note = f"now {ranked.champion:.3f}; gain {ranked.low:+.3f} to {ranked.high:+.3f}"
        found.append(GateFigure("Ranks buyers first (AUC)", f"{ranked.challenger:.3f}", note))
    if evidence.curves is not None:
        now, then = (curve.lift[0]["lift"] for curve in evidence.curves)
        note = f"times the average; now {now:.1f}"
        found.append(GateFigure("Its best tenth converts", f"{then:.1f}", note))
    moved, total = changed(evidence.shifts), sum(evidence.shifts.values())
    share = f"{moved / total:.0%} of {total:,}" if total else ""
    found.append(GateFigure("Leads that change level", f"{moved:,}", share))
    return tuple(found)


def figure_table(evidence: Evidence) -> str:
    """The figures that decide, as a table."""
    return table(
        [{"": one.name, "challenger": one.value, "beside": one.note} for one in figures(evidence)]
    )


def shift_words(shifts: Shifts) -> str:
    """How many leads would change level."""
    return f"{changed(shifts):,} of {how_many(sum(shifts.values()), 'lead')} would change level"


def proposal(evidence: Evidence) -> Literal["approve", "reject"]:
    """What is proposed: to approve what is clearly better, and nothing else."""
    return "approve" if evidence.verdict == "better" and not evidence.leaks else "reject"


def headline(evidence: Evidence) -> str:
    """What is proposed, and why, in one line."""
    found = _found(evidence)
    if evidence.comparison is not None:
        ranked = evidence.comparison.auc
        found += (
            f" (AUC {ranked.challenger:.3f} against {ranked.champion:.3f}, "
            f"gain {ranked.low:+.3f} to {ranked.high:+.3f})"
        )
    return f"{_proposed(evidence)}. {found}"


def verdict(evidence: Evidence) -> str:
    """The same without figures, for where they stand beside it."""
    return f"{_proposed(evidence)}. {_found(evidence)}."


def _proposed(evidence: Evidence) -> str:
    if evidence.leaks:
        names = ", ".join(leak.feature for leak in evidence.leaks)
        proposed = f"reject, unless you accept what looks like a leak: {names}"
    elif evidence.needed:
        proposed = "reject for now"
    else:
        proposed = proposal(evidence)
    return f"Proposed: {proposed}"


def _found(evidence: Evidence) -> str:
    if evidence.needed:
        return (
            f"Whether the challenger is better than {evidence.champion} cannot be told yet: "
            f"{evidence.needed} are needed"
        )
    if evidence.comparison is None:
        return f"The challenger scores leads just as {evidence.champion} does"
    return f"The challenger is {evidence.verdict} than {evidence.champion}"


def _measured(evidence: Evidence) -> str:
    """The figures, where there are any that are fair to both."""
    if evidence.comparison is None:
        return ""
    return (
        f"{comparison_table(evidence.comparison)}\n\n"
        "A gain above 0 is for the challenger. An AUC of 1 ranks every buyer first, 0.5 is chance; "
        "the other two are errors, 0 is best."
    )


def _about_leaks(leaks: Sequence[Leak]) -> str:
    names = " ".join(leak.feature for leak in leaks)
    return (
        "## Leaks: these features may know the outcome\n\n"
        f"{leak_list(leaks)}\n\n"
        "If a value is not there yet when a lead is scored, the model is worth nothing: reject, "
        "and leave the column out of the import. If you know that it is there by then, accept it: "
        "to approve, your reason must say **accept** and name each, for instance "
        f"`accept {names}`."
    )


def _shift_table(shifts: Shifts) -> str:
    names = list(dict.fromkeys(old for old, _ in shifts))
    return table(
        [
            {"now, then →": old, **{new: f"{shifts[old, new]:,}" for new in names}}
            for old in reversed(names)
        ]
    )


def _off(found: Sequence[Segment]) -> str:
    off = sum(part.off for part in found)
    if not off:
        return ": none is missed beyond chance"
    few = f"; the {MOST_THAT_MATTER} that weigh most" if off > MOST_THAT_MATTER else ""
    return f": predictions miss beyond chance in {off}{few}"
