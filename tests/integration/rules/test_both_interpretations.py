"""A rule says the same of a lead in Python and of all leads in PostgreSQL."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.conditions.evaluation import holds
from leadflow.follow_ups.tables import LeadTag, LeadTask
from leadflow.leads.tables import Lead, LeadEvent
from leadflow.rules.compiling import compiled
from leadflow.rules.schemas import RuleSet, parse_rules
from leadflow.rules.service import first_match, lead_source, matching, values_of
from leadflow.scoring.tables import LeadScore, ScoreOverride
from tests.examples import examples
from tests.integration.rules.made_up import NOW, conditions, declare_demos, leads
from tests.integration.rules.rows import rows_of
from tests.made_up import AnyActions

pytestmark = pytest.mark.uncounted


def rule_set(drawn: list[dict[str, Any]]) -> RuleSet:
    rules = [
        {"rule_id": f"r{n}", "name": "x", "conditions": c, "actions": {}, "priority": n % 3}
        for n, c in enumerate(drawn)
    ]
    return parse_rules(rules, AnyActions)


def put(session: Session, drawn: list[dict[str, Any]]) -> list[str]:
    """Store the leads with their scores, overrides, events, tags and tasks."""
    ids = [f"lead_{number:04d}" for number in range(len(drawn))]
    rows: list[Any] = []
    for lead_id, one in zip(ids, drawn, strict=True):
        columns = one["columns"]
        currency = {"budget_currency": "EUR"} if "budget_minor" in columns else {}
        session.add(Lead(id=lead_id, source="test", **columns, **currency))
        rows += [
            LeadEvent(lead_id=lead_id, type=kind, occurred_at=at, known_at=NOW, source="t")
            for kind, at in one["events"]
        ]
        rows += [
            LeadTag(lead_id=lead_id, tag=tag, added_by="t", added_at=NOW) for tag in one["tags"]
        ]
        rows += [task(lead_id, status, due_at) for status, due_at in one["tasks"]]
        if one["score"] is not None:
            rows.append(scored(lead_id, *one["score"]))
        if one["override"] is not None:
            rows.append(overridden(lead_id, *one["override"]))
    session.flush()
    session.add_all(rows)
    session.flush()
    return ids


def task(lead_id: str, status: str, due_at: datetime | None) -> LeadTask:
    closed = {} if status == "open" else {"closed_by": "t", "closed_at": NOW}
    known = {"what": "x", "due_at": due_at, "created_by": "t", "created_at": NOW}
    return LeadTask(lead_id=lead_id, status=status, **known, **closed)


def scored(lead_id: str, total: float, level: str, other: float) -> LeadScore:
    parts = ("demographic", "behavioural", "engagement", "fit", "ai", "points")
    return LeadScore(
        lead_id=lead_id,
        as_of=NOW,
        scorecard_id=1,
        total_score=total,
        **dict.fromkeys(parts, other),
        **dict.fromkeys(("probability", "probability_low", "probability_high"), other / 100),
        confidence="high",
        level=level,
        regime="model",
        model_version="1",
        contribution_points=[],
        reason_places=[],
        reason_texts=[],
    )


def overridden(lead_id: str, total: float, level: str, days_left: int) -> ScoreOverride:
    """In force; or, of which no day is left, ended by the clock alone."""
    return ScoreOverride(
        lead_id=lead_id,
        new_score=total,
        level=level,
        **dict.fromkeys(("model_score", "model_points"), 1.0),
        model_probability=0.1,
        model_version="1",
        reason="r",
        override_by="b",
        status="active",
        created_at=NOW - timedelta(days=9),
        in_force_from=NOW - timedelta(days=9),
        expires_at=NOW + timedelta(days=days_left),
    )


def test_every_rule_says_the_same_of_every_lead_in_both(session: Session) -> None:
    seen: Counter[bool] = Counter()
    declare_demos(session)

    @settings(max_examples=examples(40), deadline=None, derandomize=True)
    @given(
        drawn=st.lists(leads, min_size=8, max_size=14),
        rules=st.lists(conditions, min_size=16, max_size=24),
    )
    def compare(drawn: list[dict[str, Any]], rules: list[dict[str, Any]]) -> None:
        written = rule_set(rules)
        with session.begin_nested() as savepoint:
            ids = put(session, drawn)
            each = [compiled(rule.conditions, NOW) for rule in written.rules]
            query = select(Lead.id, matching(written, NOW), *each).select_from(lead_source(NOW))
            in_sql = {row[0]: (row[1], list(row[2:])) for row in session.execute(query)}
            known = values_of(session, rows_of(session, ids, NOW), NOW)
            savepoint.rollback()
        assert in_sql.keys() == known.keys() == set(ids)
        for lead_id, values in known.items():
            first, said = in_sql[lead_id]
            here = [holds(rule.conditions, values, NOW) for rule in written.rules]
            assert [rules[n] for n in range(len(rules)) if here[n] is not said[n]] == [], values
            fits = first_match(written, values, NOW)
            assert first == (None if fits is None else fits.rule_id)
            seen.update(here)

    compare()
    assert min(seen[True], seen[False]) > examples(1000)
