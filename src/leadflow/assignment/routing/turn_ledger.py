"""Round robin's accounts in the store: read before a batch is decided, written after it."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.assignment.choice.plan import State
from leadflow.assignment.snapshots import TeamSnapshot
from leadflow.assignment.sweep_tables import AssignmentTurns
from leadflow.database.copying import run

NEWCOMERS = " newcomers"
# Every request that hands a lead out says this.
KEEP = """
INSERT INTO assignment_turns (pool, owed)
SELECT pool, owed FROM jsonb_to_recordset(%(rows)s::jsonb) AS given(pool text, owed jsonb)
ON CONFLICT (pool) DO UPDATE SET owed = excluded.owed
"""


def read_ledger(session: Session, team: TeamSnapshot, state: State) -> None:
    """Fill the accounts of every pool into the state; who has none is owed nothing."""
    stored = session.execute(select(AssignmentTurns.pool, AssignmentTurns.owed))
    fill_ledger(team, state, dict(stored.tuples().all()))


def fill_ledger(
    team: TeamSnapshot, state: State, stored: Mapping[str, Mapping[str, float]]
) -> None:
    """Fill these accounts into the state."""
    ids = [rep.rep_id for rep in team.reps]
    for pool, owed in stored.items():
        accounts = np.array([owed.get(rep_id, 0.0) for rep_id in ids])
        if pool.endswith(NEWCOMERS):
            state.least[pool.removesuffix(NEWCOMERS)] = accounts
        else:
            state.owed[pool] = accounts


def write_ledger(session: Session, team: TeamSnapshot, state: State) -> None:
    """Keep the accounts of the pools that took part."""
    rows = ledger_rows(team, state)
    if rows:
        run(session, KEEP, {"rows": json.dumps(rows)})


def ledger_rows(team: TeamSnapshot, state: State) -> list[dict[str, Any]]:
    """The accounts of the pools that took part, ``pool`` and ``owed``; what is nothing is left
    out."""
    rows: list[dict[str, Any]] = []
    for suffix, pools in (("", state.owed), (NEWCOMERS, state.least)):
        for pool in state.touched & pools.keys():
            owed = {
                rep.rep_id: float(value)
                for rep, value in zip(team.reps, pools[pool], strict=True)
                if value
            }
            if owed or not suffix:
                rows.append({"pool": pool + suffix, "owed": owed})
    return rows
