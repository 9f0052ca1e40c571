"""Decisions whose numbers were stored as bytes are read as they were."""

from datetime import UTC, datetime

import numpy as np
from sqlalchemy import Connection, Engine, text

from leadflow.assignment.routing.decision_trace import trace_of
from tests.integration.earlier_store import earlier_store

AT = datetime(2026, 5, 4, 9, tzinfo=UTC)
BATCH = """
INSERT INTO assignment_batches (id, source, decided_at, team_version, rep_ids, parts)
VALUES ('batch_1', 'sweep', :at, 1, '{rep_a,rep_b,rep_c}', '{"hybrid": ["skill", "load"]}')
"""
DECISION = """
INSERT INTO assignment_decisions
    (id, batch_id, lead_id, decided_at, strategy, rep_id, reason, masks, totals, parts, free)
VALUES (:id, 'batch_1', 'lead_1', :at, 'hybrid', :rep_id, 'Said so', :masks, :totals, :parts, :free)
"""


def write_as_then(connection: Connection) -> None:
    connection.execute(text(BATCH), {"at": AT})
    for own_id, rep_id, masks, totals, parts, free in (
        ("decision_1", "rep_c", [0, 264, 0], [0.1, -12345.678], [0.1, 0.2, -1.0, 3e-9], [0.5, 1]),
        ("decision_2", None, [512, 1, 1], [], [], []),
    ):
        row = {"id": own_id, "at": AT, "rep_id": rep_id, "masks": np.array(masks, "<u2").tobytes()}
        numbers = {"totals": totals, "parts": parts, "free": free}
        row |= {name: np.array(values, "<f4").tobytes() for name, values in numbers.items()}
        connection.execute(text(DECISION), row)


def test_a_decision_stored_as_bytes_is_read_as_it_was(engine: Engine) -> None:
    with earlier_store(engine, "0020", write_as_then) as session:
        stored = session.execute(
            text("SELECT totals, parts, free FROM assignment_decisions ORDER BY id")
        ).all()
        trace, nobody = (trace_of(session, f"decision_{number}") for number in (1, 2))
    for now, then in zip(
        stored[0], ([0.1, -12345.678], [0.1, 0.2, -1.0, 3e-9], [0.5, 1]), strict=True
    ):
        assert np.array_equal(np.array(now, np.float32), np.array(then, np.float32))
    assert trace is not None
    assert nobody is not None
    said = [(one.rep_id, one.total, one.parts, one.chosen) for one in trace.candidates]
    assert said == [
        ("rep_a", 0.1, {"skill": 0.1, "load": 0.2}, False),
        ("rep_c", -12345.678, {"skill": -1.0, "load": 0.0}, True),
    ]
    assert [(one.rep_id, one.constraints) for one in trace.excluded] == [
        ("rep_b", ["territory", "full"])
    ]
    assert nobody.candidates == []
    assert [one.constraints for one in nobody.excluded] == [["reserve"], ["inactive"], ["inactive"]]
