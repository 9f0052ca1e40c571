"""One sweep over the campaigns: leads come in, enrolments go on, messages are planned."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from leadflow.campaigns.counting.counts import fold
from leadflow.campaigns.definitions.program import Node, Program
from leadflow.campaigns.enrolling.service import enrol_arrived, enrol_fitting
from leadflow.campaigns.interpreter.clock import moments_in, utc
from leadflow.campaigns.interpreter.enrolments import OPEN, Passed
from leadflow.campaigns.interpreter.stepping import take_on
from leadflow.campaigns.keeping.months import make_month
from leadflow.campaigns.planning.batch import Batch, Part, read_batch, write_batch
from leadflow.campaigns.planning.late import Answer, answered, as_answered, cancel_late
from leadflow.campaigns.planning.stored_facts import StoredFacts
from leadflow.campaigns.store.programs import programs
from leadflow.campaigns.tables import CampaignState
from leadflow.consent.may_send import STRICT, Policy, may_send
from leadflow.database.copying import Kind, run, write_rows
from leadflow.database.ids import new_id
from leadflow.outbox.service import enqueue_many
from leadflow.settings import Settings
from leadflow.workflow.catalogue import ACTIONS, model_of
from leadflow.workflow.service import PERFORM

AT_A_TIME = 10_000
MERGED, OPTED_OUT = "merged", "opted_out"
# Whoever opts out while they are in it leaves as that happens, as ``opted_out``.
OPTED_OUT_ELSEWHERE = "opted_out_elsewhere"
MESSAGE: dict[str, Kind] = {
    "id": "text",
    "enrolment_id": "text",
    "campaign": "text",
    "version": "whole",
    "step": "text",
    "lead_id": "text",
    "due_at": "moment",
    "purpose": "text",
    "status": "text",
    "why": "text",
}
COUNT = """
INSERT INTO campaign_passed (campaign, version, step, way, passed)
SELECT %(campaign)s, %(version)s, n.step, n.way, n.passed
FROM unnest(%(step)s::text[], %(way)s::text[], %(passed)s::bigint[]) AS n (step, way, passed)
ON CONFLICT (campaign, version, step, way)
DO UPDATE SET passed = campaign_passed.passed + excluded.passed
"""
CANCEL = """
UPDATE campaign_messages SET ask_at = NULL,
    status = CASE status WHEN 'planned' THEN 'cancelled' ELSE status END
WHERE enrolment_id = ANY (%(ids)s) AND (status = 'planned' OR ask_at IS NOT NULL)
"""
IN_USE = text(
    """
SELECT c.name, v.version FROM campaigns c
JOIN campaign_versions v ON v.campaign = c.name
WHERE c.state = 'live' AND (v.version = c.live_version OR EXISTS (
    SELECT FROM enrolments e
    WHERE e.campaign = v.campaign AND e.version = v.version AND e.ended_at IS NULL
)) ORDER BY c.name, v.version
"""
)
# Those that let leads in by what is known of them look at all, each time.
DUE = text(
    """
SELECT EXISTS (
    SELECT FROM campaigns c JOIN enrolments e ON e.campaign = c.name AND e.ended_at IS NULL
    WHERE c.state = 'live' AND (e.due_at IS NULL OR e.due_at <= :now)
) OR EXISTS (
    SELECT FROM enrolment_signals s JOIN enrolments e ON e.id = s.enrolment_id
    JOIN campaigns c ON c.name = e.campaign WHERE c.state = 'live'
) OR EXISTS (SELECT FROM campaign_arrivals) OR EXISTS (
    SELECT FROM campaigns c
    JOIN campaign_versions v ON v.campaign = c.name AND v.version = c.live_version
    WHERE c.state = 'live' AND v.content #> '{enter,when}' IS NOT NULL
        AND coalesce(jsonb_array_length(v.content #> '{enter,on}'), 0) = 0
)
"""
)


@dataclass
class Swept:
    """How many leads came in, how many enrolments were looked at, how many messages were planned,
    how many enrolments ended, by the name of the end, and how many messages were withheld, by the
    name of the refusal."""

    entered: int = 0
    looked_at: int = 0
    planned: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(
            self.entered + other.entered,
            self.looked_at + other.looked_at,
            self.planned + other.planned,
            self.ended + other.ended,
            self.withheld + other.withheld,
        )


def versions_in_use(session: Session) -> list[tuple[str, int]]:
    """The versions of live campaigns that leads come into, or in which some still are."""
    return [(name, version) for name, version in session.execute(IN_USE)]


def let_in(session: Session, name: str, version: int, now: datetime) -> int:
    """Let those come into a campaign who do by what happened or what is known of them; how many.
    Nobody where this is not the version that leads come into."""
    newest = select(CampaignState.live_version).where(
        CampaignState.name == name, CampaignState.state == "live"
    )
    if session.scalar(newest) != version:
        return 0
    program = programs(session, [(name, version)])[name, version]
    arrived = enrol_arrived(session, program, version, now)
    return arrived + enrol_fitting(session, program, version, now)


def plan(
    session: Session,
    name: str,
    version: int,
    now: datetime,
    policy: Policy = STRICT,
    most: int = AT_A_TIME,
    answer: Answer | None = None,
    part: Part | None = None,
) -> Swept:
    """Take enrolments of a version on that have to be looked at, at most so many: each goes as far
    as it gets by now, and what it is to be sent is planned, or withheld where its lead may not be
    written to. Whoever has opted out leaves then.

    Args:
        policy: in which countries marketing needs no consent.
        answer: what becomes of late messages where the campaign asks; None: what was said as it
            last went on.
        part: of which enrolments; None: of all.
    """
    # Before anything is locked: who makes a month waits for all that write messages.
    make_month(session)
    program = programs(session, [(name, version)])[name, version]
    program = as_answered(session, program) if answer is None else answered(program, answer)
    cancel_late(session, program, version, now)
    batch = read_batch(session, program, version, now, most, part)
    if not batch.ids:
        return Swept()
    rows = batch.rows
    merged = np.flatnonzero(batch.merged)
    rows.end(merged, MERGED, np.full(merged.shape, utc(now)))
    facts = StoredFacts(session, now, batch.leads, batch.waited, rows.entered.copy(), batch.noted)
    passed = take_on(program, rows, facts, utc(now))
    refused = _refused(session, program, batch, passed, now, policy)
    planned, withheld = _messages(session, program, version, batch, passed, refused)
    _opted_out(batch, refused, now)
    _do(session, program, batch, passed)
    _cancel(session, batch, [merged, *(one.rows for one in passed if one.node is None)])
    write_batch(session, batch, passed)
    # At the end: whoever counts the same ways waits from here on.
    _count(session, program, version, passed)
    fold(session, name)
    ends = Counter(rows.ends[one] for one in rows.ended.tolist() if one >= 0)
    return Swept(0, len(batch.ids), planned, ends, withheld)


def _refused(
    session: Session,
    program: Program,
    batch: Batch,
    passed: Sequence[Passed],
    now: datetime,
    policy: Policy,
) -> dict[str, str]:
    """Of the leads that are to be sent something, those that may not be written to: the name of the
    refusal, by lead."""
    leads = sorted({batch.leads[row] for _, row, _ in _each(passed, "send")})
    purpose = program.campaign.purpose
    found = may_send(session, leads, purpose, "email", now, policy) if leads else {}
    return {lead: one.name for lead, one in found.items() if one is not None}


def _messages(
    session: Session,
    program: Program,
    version: int,
    batch: Batch,
    passed: Sequence[Passed],
    refused: Mapping[str, str],
) -> tuple[int, Counter[str]]:
    """Write the messages that became due; how many are to be sent, and how many are not, by why."""
    rows, purpose = [], program.campaign.purpose
    due = list(_each(passed, "send"))
    # Messages of one enrolment go out in the order of their ids, and steps come in theirs.
    ids = sorted(new_id("msg") for _ in due)
    for own, (node, row, at) in zip(ids, due, strict=True):
        lead = batch.leads[row]
        why = refused.get(lead)
        status = "planned" if why is None else "withheld"
        said = purpose, status, why
        of = own, batch.ids[row], program.name, version
        rows.append((*of, node.name, lead, at, *said))
    if rows:
        write_rows(session, "campaign_messages", MESSAGE, rows)
    withheld = Counter(row[-1] for row in rows if row[-1] is not None)
    return len(rows) - withheld.total(), withheld


def _opted_out(batch: Batch, refused: Mapping[str, str], now: datetime) -> None:
    """Let those leave of whom it turns out only now that they have opted out: before they came in,
    or elsewhere. In the figures they are no opt-outs of this campaign."""
    rows = batch.rows
    out = [
        row
        for row, lead in enumerate(batch.leads)
        if refused.get(lead) == OPTED_OUT and rows.ended[row] == OPEN
    ]
    rows.end(np.array(out, dtype=np.int64), OPTED_OUT_ELSEWHERE, np.full(len(out), utc(now)))


def _do(session: Session, program: Program, batch: Batch, passed: Sequence[Passed]) -> None:
    """Have what ``do`` says done by the outbox, as actions of workflow rules are."""
    acts: list[tuple[str, Mapping[str, Any]]] = []
    for node, row, _ in _each(passed, "do"):
        enrolment = batch.ids[row]
        order = {
            "firing_id": enrolment,
            "rule_id": f"{program.name}.{node.name}",
            "lead_id": batch.leads[row],
            "depth": 1,
            "actions": _actions(node),
        }
        acts.append((f"campaign:{enrolment}:{node.name}", order))
    enqueue_many(session, PERFORM, acts)


def _actions(node: Node) -> list[dict[str, Any]]:
    said = model_of(ACTIONS.values()).model_validate(node.step.do)
    return [
        {"action": name, "said": getattr(said, name).model_dump(mode="json")}
        for name in type(said).model_fields
        if getattr(said, name) is not None
    ]


def _each(passed: Sequence[Passed], kind: str) -> Iterator[tuple[Node, int, Any]]:
    """Each row that went through a step of a kind: the step, the row, when."""
    for one in passed:
        if one.node is not None and one.node.kind == kind and not one.skipped:
            for row, at in zip(one.rows.tolist(), moments_in(one.at), strict=True):
                yield one.node, row, at


def _cancel(session: Session, batch: Batch, out: Sequence[Any]) -> None:
    """Whoever is taken out gets nothing more of what was planned."""
    ids = [batch.ids[row] for rows in out for row in rows.tolist()]
    if ids:
        run(session, CANCEL, {"ids": ids})


def _count(session: Session, program: Program, version: int, passed: Sequence[Passed]) -> None:
    found: Counter[tuple[str, str]] = Counter()
    for one in passed:
        step = "*" if one.node is None else one.node.name
        found[step, "skipped" if one.skipped else one.way] += len(one.rows)
    ways = sorted(found)
    values = {
        "campaign": program.name,
        "version": version,
        "step": [step for step, _ in ways],
        "way": [way for _, way in ways],
        "passed": [found[one] for one in ways],
    }
    run(session, COUNT, values)


def campaigns_are_due(session: Session, settings: Settings, now: datetime) -> bool:
    """Whether any campaign that is live has something to do."""
    return bool(session.scalar(DUE, {"now": now}))
