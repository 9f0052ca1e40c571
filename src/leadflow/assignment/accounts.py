"""Round robin's accounts in the store: read before a batch is decided, written after it."""

import numpy as np
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.assignment.facts import TeamFacts
from leadflow.assignment.plan import State
from leadflow.assignment.tables import AssignmentTurns

NEWCOMERS = " newcomers"


def read_accounts(session: Session, team: TeamFacts, state: State) -> None:
    """Fill the accounts of every pool into the state; who has none is owed nothing."""
    ids = [rep.rep_id for rep in team.reps]
    for pool, owed in session.execute(select(AssignmentTurns.pool, AssignmentTurns.owed)):
        accounts = np.array([owed.get(rep_id, 0.0) for rep_id in ids])
        if pool.endswith(NEWCOMERS):
            state.least[pool.removesuffix(NEWCOMERS)] = accounts
        else:
            state.owed[pool] = accounts


def write_accounts(session: Session, team: TeamFacts, state: State) -> None:
    """Keep the accounts of the pools that took part; nothing owed is not written down."""
    rows = []
    for suffix, pools in (("", state.owed), (NEWCOMERS, state.least)):
        for pool in state.touched & pools.keys():
            owed = {
                rep.rep_id: float(value)
                for rep, value in zip(team.reps, pools[pool], strict=True)
                if value
            }
            if owed or not suffix:
                rows.append({"pool": pool + suffix, "owed": owed})
    if rows:
        adding = insert(AssignmentTurns)
        changes = {"owed": adding.excluded.owed}
        session.execute(adding.on_conflict_do_update(index_elements=["pool"], set_=changes), rows)
