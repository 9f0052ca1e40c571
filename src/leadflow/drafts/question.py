"""What those read who are asked whether a change may count: what differs, and what it would have
done with what came before. By ids and figures; what people are called is put in as it is read."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from features.how_many import how_many
from leadflow.approvals.evidence import Evidence, Fact
from leadflow.approvals.service import Proposal
from leadflow.charts.figures import Chart
from leadflow.configuration.differing import diff
from leadflow.configuration.words import of_kind
from leadflow.drafts.altered import Altered
from leadflow.drafts.decision import ACT
from leadflow.drafts.overtaking import KIND, names_of
from leadflow.drafts.tables import ConfigurationDraft
from leadflow.drafts.trials.catalogue import try_out
from leadflow.drafts.trials.trial import Trial

MOST_LINES, MOST_NAMES = 200, 3


def question(
    session: Session,
    draft: ConfigurationDraft,
    altered: Sequence[Altered],
    facts: dict[str, Any],
    now: datetime,
    why: str | None,
) -> Proposal:
    """Whether a draft may count."""
    trials = {
        kind: trial
        for kind, content in draft.contents.items()
        if (trial := try_out(session, kind, content, now)) is not None
    }
    about = what_changes(altered)
    return Proposal(
        kind=KIND,
        subject_id=draft.id,
        act=ACT,
        payload={"draft_id": draft.id},
        description="\n".join(_description(_named(altered), altered, trials)),
        requested_by=draft.written_by,
        evidence=Evidence(
            about=about,
            asks=f"Apply this change: {about}?",
            verdict=" ".join(one.finding for one in trials.values()),
            facts=tuple(_figures(altered)),
            matter=_counts(trials),
        ),
        asked_why=why,
        facts=facts,
        replaces="subject",
    )


def what_changes(altered: Sequence[Altered]) -> str:
    """What is altered, by name, and of one thing what about it."""
    if len(altered) == 1:
        return f"{altered[0].called} ({altered[0].in_short})"
    return _named(altered)


def _named(altered: Sequence[Altered]) -> str:
    more = len(altered) - MOST_NAMES
    return names_of(altered[:MOST_NAMES]) + (f" and {how_many(more, 'other')}" if more > 0 else "")


def _figures(altered: Sequence[Altered]) -> Iterator[Fact]:
    counted = [
        ("New", sum(not one.before for one in altered)),
        ("Changed", sum(bool(one.before and one.after) for one in altered)),
        ("Taken out", sum(not one.after for one in altered)),
    ]
    return (Fact(name, f"{count:,}") for name, count in counted if count)


def _description(about: str, altered: Sequence[Altered], trials: dict[str, Trial]) -> Iterator[str]:
    yield f"# Apply this change: {about}?"
    yield ""
    for trial in trials.values():
        yield from (trial.finding, *trial.notes, "")
    left = MOST_LINES
    for one in altered:
        yield from (f"## {one.called[0].upper()}{one.called[1:]}", "")
        lines = diff(one.before, one.after)
        yield from (f"    {line.sign} {line.words}".rstrip() for line in lines[:left])
        yield ""
        if len(lines) > left:
            yield "More than can be shown here: its page has all of it."
            return
        left -= len(lines)


def _counts(trials: dict[str, Trial]) -> Chart | None:
    """What is counted side by side, as one table; salespeople are not named in what is kept."""
    rows = [
        [f"{of_kind(kind).title}: {one.name}", f"{one.now:,}", f"{one.then:,}"]
        for kind, trial in trials.items()
        for table in trial.tables
        if not table.of_people
        for one in table.rows
    ]
    if not rows:
        return None
    return Chart("What it would have done", None, ["What", "Today's", "This change"], rows)
