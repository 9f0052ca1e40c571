"""What indexes serve of a condition, with what is left of it, is true of the same leads."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import and_, select, true
from sqlalchemy.orm import Session

from leadflow.leads.tables import Lead
from leadflow.rules.compiling import compiled
from leadflow.rules.sources import lead_source
from leadflow.scoring.overrides.standing import effective_level, effective_score
from leadflow.search.narrowing import ScoreColumns, narrowed
from tests.examples import examples
from tests.integration.rules.made_up import NOW, conditions, declare_demos, leads
from tests.integration.rules.test_both_interpretations import put, rule_set

pytestmark = pytest.mark.uncounted


def test_every_condition_means_the_same_along_an_index(session: Session) -> None:
    declare_demos(session)
    counts = ScoreColumns(effective_score(), effective_level())
    narrower = 0

    @settings(max_examples=examples(40), deadline=None, derandomize=True)
    @given(
        drawn=st.lists(leads, min_size=8, max_size=14),
        rules=st.lists(conditions, min_size=16, max_size=24),
    )
    def compare(drawn: list[dict[str, Any]], rules: list[dict[str, Any]]) -> None:
        nonlocal narrower
        with session.begin_nested() as savepoint:
            put(session, drawn)
            for rule in rule_set(rules).rules:
                meant = narrowed(rule.conditions, NOW, counts)
                either = and_(true(), *meant.exactly(lambda one: compiled(one, NOW)))
                found = select(Lead.id).select_from(lead_source(NOW)).order_by(Lead.id)
                exactly = session.scalars(found.where(compiled(rule.conditions, NOW))).all()
                assert session.scalars(found.where(either)).all() == exactly, rule.conditions
                narrower += bool(meant.clauses)
            savepoint.rollback()

    compare()
    assert narrower > examples(100)
