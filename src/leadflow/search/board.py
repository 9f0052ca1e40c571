"""Leads in columns, by how far they are or by level: the best of each, and about how many there
are."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy.orm import Session

from leadflow.paging.keyset import Wanted
from leadflow.search.branches import Within
from leadflow.search.estimates import Total, about_how_many
from leadflow.search.question import Question, read_question
from leadflow.search.schemas import NOBODY, LeadQuestion, Level
from leadflow.search.service import page_of_ids
from leadflow.search.stages import ENDS, STAGES, Stage

# Milliseconds for each of the columns: together they must not hold up the page.
COUNTING = 10
By = Literal["stages", "levels"]
LEVELS: tuple[Level, ...] = get_args(Level)
BEST_FIRST = LeadQuestion(sort="-score")


@dataclass(frozen=True)
class Column:
    """Those of one stage, or of one level: the best, in order, and about how many there are in
    all."""

    name: Stage | Level
    lead_ids: list[str]
    total: Total


def columns(
    session: Session,
    by: By,
    asked: LeadQuestion,
    rep_ids: frozenset[str] | None,
    most: int,
    now: datetime,
) -> Iterator[Column]:
    """Each column in order, with those leads of these salespeople, or of all, that are asked for;
    nobody's are in it for everybody. By level they are the open ones, where no end is asked for.

    Raises:
        SearchInvalid, RepNotFound: see ``read_question``.
    """
    within = None if rep_ids is None else Within(rep_ids, None)
    for name, question in (
        _by_stage(session, asked) if by == "stages" else _by_level(session, asked)
    ):
        page = page_of_ids(session, question, Wanted(most), within, now)
        total = Total(len(page.items), True)
        if page.next is not None:
            guessed = about_how_many(session, question, within, now, COUNTING)
            known = guessed.exact or guessed.number > most
            total = guessed if known else Total(most, False, more=True)
        yield Column(name, page.items, total)


def _by_stage(session: Session, asked: LeadQuestion) -> Iterator[tuple[Stage | Level, Question]]:
    """Whose leads and how they ended is what a stage says itself."""
    whole = asked.model_copy(update={"status": None, "owner": None, "sort": BEST_FIRST.sort})
    question = read_question(session, whole)
    for stage in STAGES:
        if _has_stage(asked, stage):
            yield stage, replace(question, stage=stage)


def _has_stage(asked: LeadQuestion, stage: Stage) -> bool:
    if asked.owner == NOBODY:
        return stage == "unassigned"
    if asked.status is None:
        return True
    return stage not in ENDS if asked.status == "open" else stage == asked.status


def _by_level(session: Session, asked: LeadQuestion) -> Iterator[tuple[Stage | Level, Question]]:
    for level in LEVELS:
        if asked.level is None or level in asked.level:
            only = {"level": [level], "status": asked.status or "open", "sort": BEST_FIRST.sort}
            yield level, read_question(session, asked.model_copy(update=only))
