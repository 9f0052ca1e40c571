"""Leads in columns by how far they are: the best of each, and about how many there are."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from leadflow.paging.keyset import Wanted
from leadflow.search.branches import Within
from leadflow.search.estimates import Total, about_how_many
from leadflow.search.quick import BEST_FIRST
from leadflow.search.service import page_of_ids
from leadflow.search.stages import STAGES, Stage

# Milliseconds for each of the columns: together they must not hold up the page.
COUNTING = 10


@dataclass(frozen=True)
class Column:
    """Those of one stage: the best, in order, and about how many there are in all."""

    stage: Stage
    lead_ids: list[str]
    total: Total


def columns(
    session: Session, rep_ids: frozenset[str] | None, most: int, now: datetime
) -> Iterator[Column]:
    """Each stage in order, with the leads of these salespeople, or of all; nobody's are in it for
    everybody."""
    within = None if rep_ids is None else Within(rep_ids, None)
    for stage in STAGES:
        question = replace(BEST_FIRST, stage=stage)
        page = page_of_ids(session, question, Wanted(most), within, now)
        total = Total(len(page.items), True)
        if page.next is not None:
            guessed = about_how_many(session, question, within, now, COUNTING)
            known = guessed.exact or guessed.number > most
            total = guessed if known else Total(most, False, more=True)
        yield Column(stage, page.items, total)
