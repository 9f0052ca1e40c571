"""Whether what was stored of files is a biased rest: rows of one outcome wait in quarantine."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from features.how_many import how_many, of_number

# A twentieth of the rows of an outcome is what every file has; fewer rows say nothing.
FEWEST, DIFFERENCE = 20, 0.1
ENDS = """
SELECT outcome, sum(waiting)::int AS waiting, sum(stored)::int AS stored FROM (
    SELECT outcome, count(*) AS waiting, 0 AS stored FROM quarantined_rows
    WHERE status = 'waiting' AND outcome IS NOT NULL GROUP BY outcome
    UNION ALL
    SELECT outcome, 0, count(*) FROM outcomes GROUP BY outcome
) AS ends GROUP BY outcome
"""


@dataclass(frozen=True)
class BiasedRest:
    """Of one outcome, ``waiting`` rows are set aside beside ``stored`` leads: a larger share than
    of the other one."""

    outcome: str
    waiting: int
    stored: int

    @property
    def words(self) -> str:
        """What is wrong, and what to do about it."""
        return (
            f"{how_many(self.waiting, 'row')} of {self.outcome} leads "
            f"{of_number(self.waiting, 'is', 'are')} set aside, beside "
            f"{self.stored:,} that were stored: what is stored is not what your leads are like, "
            "and a model that learns from it would be wrong about all of them. See why they were "
            "set aside: leadflow quarantine list. Mend them, correct the mapping and import the "
            "file again, or discard the rows that say nothing."
        )


def biased_rest(session: Session) -> BiasedRest | None:
    """The outcome of which set-aside rows make up a clearly larger share; None where none does."""
    found = {row.outcome: row for row in session.execute(text(ENDS))}
    shares = {
        outcome: row.waiting / (row.waiting + row.stored)
        for outcome, row in found.items()
        if row.waiting + row.stored
    }
    if not shares:
        return None
    most = max(shares, key=lambda outcome: shares[outcome])
    least = min((shares.get(o, 0.0) for o in ("converted", "lost") if o != most), default=0.0)
    row = found[most]
    if row.waiting < FEWEST or shares[most] - least <= DIFFERENCE:
        return None
    return BiasedRest(most, row.waiting, row.stored)
