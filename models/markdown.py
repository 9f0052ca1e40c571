"""Tables and figures as the reports write them."""

from collections.abc import Sequence
from typing import Any

from models.comparison import Comparison, Difference
from models.leak import Leak
from models.segments import Segment


def table(rows: Sequence[dict[str, Any]]) -> str:
    """A Markdown table of rows with the same keys; empty where there are none."""
    if not rows:
        return ""
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([_cell(row[name]) for name in names] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def comparison_table(found: Comparison) -> str:
    """Each measure of both, and what the challenger gains with its interval."""
    return table(
        [
            {
                "": name,
                "champion": f"{row.champion:.4f}",
                "challenger": f"{row.challenger:.4f}",
                "gain (95 % interval)": gain(row),
            }
            for name, row in found.rows()
        ]
    )


def gain(row: Difference) -> str:
    """A gain with its interval."""
    return f"{row.gain:+.4f} ({row.low:+.4f} to {row.high:+.4f})"


def segment_table(found: Sequence[Segment]) -> str:
    """One row a segment; those the model misses are marked."""
    return table(
        [
            {
                "segment": f"{part.feature}: {part.value}",
                "leads": f"{part.leads:,}",
                "predicted": f"{part.predicted:.1%}",
                "converted": f"{part.observed:.1%}",
                "predicted too much by": f"{part.gap:+.1%} "
                f"({part.gap_low:+.1%} to {part.gap_high:+.1%})" + (" **off**" if part.off else ""),
                "AUC": "too few outcomes"
                if part.auc != part.auc
                else f"{part.auc:.2f} ({part.auc_low:.2f} to {part.auc_high:.2f})",
            }
            for part in found
        ]
    )


def leak_list(leaks: Sequence[Leak]) -> str:
    """One line a suspected leak."""
    return "\n".join(f"- `{leak.feature}` ({leak.kind}): {leak.words}" for leak in leaks)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
