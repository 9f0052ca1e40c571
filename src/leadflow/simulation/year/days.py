"""The leads of a simulated year, whose facts come into the store on the day they happen."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from leadflow.database.copying import copy_rows, driver_connection
from leadflow.database.ids import first_id
from leadflow.simulation.rows import (
    EVENT_COLUMNS,
    LEAD_COLUMNS,
    OUTCOME_COLUMNS,
    SOURCE,
    lead_row,
    outcome_row,
)
from leadflow.simulation.service import SAID
from leadflow.simulation.year.plan import Phase, Plan, moment

if TYPE_CHECKING:
    import pandas as pd

    from leadflow.simulation.market import Block

# Longer than any lead of the market is active or open.
LIFE_DAYS = 130.0


@dataclass(frozen=True)
class Lives:
    """All leads of a year with all that they will do, each kind of fact in order of time."""

    leads: "pd.DataFrame"
    events: "pd.DataFrame"
    outcomes: "pd.DataFrame"
    ids: list[str]

    def store(self, session: Session, from_day: int, to_day: int) -> list[str]:
        """Store what happens from one day up to another; the ids of the leads that come in."""
        leads = _between(self.leads, "created_at", from_day, to_day)
        records = leads.astype(object).where(leads.notna(), None)
        came = [self.ids[place] for place in leads.index]
        rows = zip(came, records.to_dict("records"), strict=True)
        copy_rows(session, "leads", LEAD_COLUMNS, (lead_row(*one) for one in rows))
        events = _between(self.events, "occurred_at", from_day, to_day)
        times = events["occurred_at"].dt.to_pydatetime()
        done = zip(events["lead"], events["type"], times, strict=True)
        found = ((self.ids[lead], kind, at, at, SOURCE) for lead, kind, at in done)
        copy_rows(session, "lead_events", EVENT_COLUMNS, found)
        self._end(session, _between(self.outcomes, "occurred_at", from_day, to_day))
        return came

    def _end(self, session: Session, outcomes: "pd.DataFrame") -> None:
        ended: list[dict[Any, Any]] = outcomes.to_dict("records")
        rows = (outcome_row(self.ids[one["lead"]], one) for one in ended)
        copy_rows(session, "outcomes", OUTCOME_COLUMNS, rows)
        driver_connection(session).execute(SAID, [[self.ids[one["lead"]] for one in ended]])


def live(plan: Plan) -> Lives:
    """Everybody who comes in the history and the year."""
    blocks = [
        block
        for number, phase in enumerate(plan.phases())
        for block in _arriving(plan.seed * 1000 + number * 100, phase, plan.leads_a_day)
    ]
    return _lives(blocks, plan.seed * 1000)


def others(plan: Plan, phase: Phase, leads: int, number: int) -> "tuple[Lives, Block]":
    """Leads of the same market who are not in the year: to judge on, or to learn from. Their lives
    lie within the year's first months."""
    from leadflow.simulation.market import arriving

    seed = plan.seed * 1000 + 900 + number
    block = arriving(seed, 0, leads, moment(0), 30.0, LIFE_DAYS, phase.conditions)
    return _lives([block], seed), block


def _arriving(seed: int, phase: Phase, a_day: int) -> "list[Block]":
    """The leads of a phase, in blocks of as many days as the market makes at once."""
    from leadflow.simulation.market import BLOCK, arriving

    at_once = BLOCK // a_day
    return [
        arriving(
            seed + number,
            0,
            days * a_day,
            moment(begins),
            float(days),
            LIFE_DAYS,
            phase.conditions,
        )
        for number, begins in enumerate(range(phase.begins, phase.ends, at_once))
        for days in [min(at_once, phase.ends - begins)]
    ]


def _lives(blocks: "list[Block]", seed: int) -> Lives:
    import pandas as pd

    places = [0]
    for block in blocks:
        places.append(places[-1] + len(block.leads))
    leads = pd.concat([block.leads for block in blocks], ignore_index=True)
    events, outcomes = (
        pd.concat(
            [
                part.assign(lead=part["lead"] + place)
                for part, place in zip(parts, places, strict=False)
            ],
            ignore_index=True,
        ).sort_values("occurred_at", ignore_index=True, kind="stable")
        for parts in ([block.events for block in blocks], [block.outcomes for block in blocks])
    )
    return Lives(leads, events, outcomes, _ids(leads["created_at"], seed))


def _ids(came: "pd.Series", seed: int) -> list[str]:
    """Ids of leads (n) by when they came, the same each time: at what age a lead is learned from is
    drawn from its id."""
    import numpy as np

    drawn = np.random.default_rng(seed).integers(0, 2**64, len(came), dtype=np.uint64)
    ids = zip(came.to_list(), drawn.tolist(), strict=True)
    return [f"{first_id('lead', at)}{number:016x}" for at, number in ids]


def _between(frame: "pd.DataFrame", column: str, from_day: int, to_day: int) -> "pd.DataFrame":
    import pandas as pd

    edges = pd.DatetimeIndex(frame[column]).searchsorted(
        pd.DatetimeIndex([moment(from_day), moment(to_day)]).as_unit("us")
    )
    return frame.iloc[edges[0] : edges[1]]
