"""Every operator with every value that is hard to compare, on every value it can meet."""

from itertools import combinations_with_replacement
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.conditions.evaluation import holds
from leadflow.conditions.operators import OPERATORS, Operator
from leadflow.conditions.tree import Reader
from leadflow.conditions.values import ValueKind
from leadflow.leads.tables import Lead, LeadEvent
from leadflow.rules.compiling import compiled
from leadflow.rules.field_catalogue import kinds_of
from leadflow.rules.service import lead_source, values_of
from tests.integration.rules.made_up import (
    JSON,
    MOMENTS,
    NOW,
    TEXTS,
    TIMES,
    VALUES,
    declare_demos,
    zoned,
)
from tests.integration.rules.rows import rows_of

pytestmark = pytest.mark.uncounted

FIELDS = {
    ValueKind.NUMBER: ("timeline_months", "attributes.x", "events.demo.count_7d"),
    ValueKind.TEXT: ("industry", "attributes.x"),
    ValueKind.TEXTS: ("service_requirements",),
    ValueKind.BOOLEAN: ("has_phone", "attributes.x"),
    ValueKind.MOMENT: ("created_at", "attributes.x", "events.demo.last_at"),
}
AT_A_TIME = 150


def operands(operator: Operator, kind: ValueKind) -> list[Any]:
    values = VALUES[kind]
    if operator.name in ("is_empty", "exists"):
        return [True, False]
    if operator.name == "within_last":
        return list(TIMES)
    if operator.name == "between":
        order = zoned if kind is ValueKind.MOMENT else float
        return [list(pair) for pair in combinations_with_replacement(sorted(values, key=order), 2)]
    if operator.name in ("in", "not_in"):
        return [[value] for value in values] + [list(values)]
    return list(values)


@pytest.fixture
def met(session: Session) -> Session:
    """A lead for every value that is hard to compare, and one of which nothing is known."""
    columns: list[dict[str, Any]] = [{}, {"service_requirements": []}, {"industry": ""}]
    columns += [{"attributes": {"x": value}} for value in (*JSON, *TEXTS)]
    columns += [{"industry": text, "service_requirements": ["seo", text]} for text in TEXTS]
    numbers = [*VALUES[ValueKind.NUMBER], float("nan"), float("inf"), float("-inf")]
    columns += [{"timeline_months": float(number)} for number in numbers]
    columns += [{"has_phone": truth} for truth in (True, False)]
    columns += [{"created_at": moment} for moment in MOMENTS]
    session.add_all(Lead(source="test", **{"created_at": NOW, **known}) for known in columns)
    session.flush()
    declare_demos(session)
    some = session.scalars(select(Lead.id).order_by(Lead.id).limit(len(MOMENTS)))
    for lead_id, at in zip(some, MOMENTS, strict=True):
        session.add(LeadEvent(lead_id=lead_id, type="demo_online", occurred_at=at, source="t"))
    session.flush()
    return session


@pytest.mark.few(8)
@pytest.mark.parametrize(
    ("kind", "operator"),
    [
        pytest.param(kind, operator, id=f"{operator.name} of a {kind}")
        for operator in OPERATORS.values()
        for kind in ValueKind
        if kind in operator.kinds
    ],
)
def test_it_says_the_same_in_python_and_in_postgresql(
    met: Session, kind: ValueKind, operator: Operator
) -> None:
    written = [
        {field: {"operator": operator.name, "value": operand}}
        for field in FIELDS[kind]
        for operand in operands(operator, kind)
    ]
    reader = Reader(kinds_of)
    read = [reader.read(condition, "conditions") for condition in written]
    assert reader.problems == []
    known = values_of(met, rows_of(met, met.scalars(select(Lead.id)).all(), NOW), NOW)
    answers = set()
    for start in range(0, len(read), AT_A_TIME):
        some = read[start : start + AT_A_TIME]
        each = [compiled(condition, NOW) for condition in some]
        for row in met.execute(select(Lead.id, *each).select_from(lead_source(NOW))):
            here = [holds(condition, known[row[0]], NOW) for condition in some]
            differing = [n for n, said in enumerate(row[1:]) if said is not here[n]]
            assert [written[start + n] for n in differing] == [], known[row[0]]
            answers.update(here)
    assert answers == {True, False}
