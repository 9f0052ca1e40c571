"""The report at the gate: the proposal with its reason first, then the evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.comparison import Comparison, changed
from models.leaks import Leak
from models.markdown import comparison_table, leak_list, segment_table, table
from models.segments import Segment

Shifts = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Evidence:
    """A challenger beside the champion on the same leads.

    ``champion`` is what serves, in words; ``judged_on`` says which leads these are and whom they
    favour.
    """

    champion: str
    judged_on: str
    comparison: Comparison
    shifts: Shifts
    segments: Sequence[Segment]
    leaks: Sequence[Leak]


def write_gate_report(evidence: Evidence, more: str = "") -> str:
    """Markdown for the person who decides; ``more`` is the report of the training."""
    parts = [f"# {headline(evidence)}"]
    if evidence.leaks:
        parts += [_about_leaks(evidence.leaks)]
    moved = changed(evidence.shifts)
    total = sum(evidence.shifts.values())
    parts += [
        f"## Champion and challenger: {evidence.comparison.verdict}",
        evidence.judged_on,
        comparison_table(evidence.comparison),
        "A gain above 0 is for the challenger. An AUC of 1 ranks every buyer first, 0.5 is chance; "
        "the other two are errors, 0 is best.",
        f"## {moved:,} of these {total:,} leads would change level",
        _shift_table(evidence.shifts),
        f"## Segments{_off(evidence.segments)}",
        segment_table(evidence.segments) or "There are too few leads to divide.",
        f"---\n\n{more}" if more else "",
    ]
    return "\n\n".join(part for part in parts if part)


def headline(evidence: Evidence) -> str:
    """What is proposed, and why, in one line."""
    ranked = evidence.comparison.auc
    figures = (
        f"AUC {ranked.challenger:.3f} against {ranked.champion:.3f}, "
        f"gain {ranked.low:+.3f} to {ranked.high:+.3f}"
    )
    found = f"is {evidence.comparison.verdict} than {evidence.champion} ({figures})"
    if evidence.leaks:
        names = ", ".join(leak.feature for leak in evidence.leaks)
        return (
            f"Proposed: reject, unless you accept what looks like a leak: {names}. "
            f"The challenger {found}"
        )
    if evidence.comparison.verdict == "better":
        return f"Proposed: approve. The challenger {found}"
    return f"Proposed: reject. The challenger {found}"


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
    return f": predictions miss beyond chance in {off}" if off else ": none is missed beyond chance"
