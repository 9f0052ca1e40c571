"""The list of leads: as a view has it, filtered by what is asked in words, page by page."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import Reach
from leadflow.assignment.team.naming import reps_by_name
from leadflow.assignment.team.reach import reps_within
from leadflow.assignment.team.store import RepNotFound
from leadflow.bulk.planning import PERMISSIONS, may
from leadflow.campaigns.store.service import campaigns_now
from leadflow.conditions.operators import OPERATORS
from leadflow.conditions.wording import OPERATOR_WORDS, field_words, in_words
from leadflow.database.engine import Use, unit_of_work
from leadflow.gateway.console.forms import OnLead, go_to
from leadflow.gateway.console.leads.cells import SORTS, Column, columns_of, name_of
from leadflow.gateway.console.leads.filtering import FilterForm, asked_by
from leadflow.gateway.console.leads.sealed import SealBroken, unseal
from leadflow.gateway.console.leads.state import LIST, ListState
from leadflow.gateway.console.leads.views import every_view
from leadflow.gateway.console.notices import Notice
from leadflow.gateway.console.rendering import page
from leadflow.leads.attribute_fields import PREFIX
from leadflow.paging.cursors import CursorRefused
from leadflow.paging.keyset import Page
from leadflow.rules.field_catalogue import CATALOGUE, SEGMENTS, known_names
from leadflow.rules.text_format import write_yaml
from leadflow.saved_views.service import may_share
from leadflow.search.estimates import Total, about_how_many
from leadflow.search.question import SearchInvalid, read_question
from leadflow.search.schemas import NOBODY, LeadListed, LeadQuestion, LeadSearch
from leadflow.search.service import SearchTooSlow, find_leads, in_time, seen_by

router = APIRouter(include_in_schema=False)
A_PAGE = 50
CANNOT = (SearchInvalid, SearchTooSlow, RepNotFound, CursorRefused)
NOTHING_FOUND: Page[LeadListed] = Page([], None)


@dataclass(frozen=True)
class Found:
    """A page of leads and about how many there are of them; ``refused``: why there are none."""

    page: Page[LeadListed] = NOTHING_FOUND
    total: Total | None = None
    refused: str = ""


@router.get(LIST)
def show(
    request: Request,
    caller: OnLead,
    q: Annotated[str, Query()] = "",
    view: Annotated[str, Query()] = "",
) -> Response:
    """The leads of a view, or as somebody has asked for them."""
    try:
        state = state_of(caller, q, view)
    except SealBroken as broken:
        return list_page(request, caller, state_of(caller), told=Notice(str(broken)))
    return list_page(request, caller, state)


@router.post(LIST)
def ask(request: Request, caller: OnLead, form: Annotated[FilterForm, Form()]) -> Response:
    """To the list as it is asked for. What is searched for may be personal: the address, which is
    logged, has it encrypted."""
    try:
        before = state_of(caller, form.q)
    except SealBroken as broken:
        return list_page(request, caller, state_of(caller), 422, Notice(str(broken)))
    try:
        with unit_of_work() as session:
            state = asked_by(session, form, before)
            read_question(session, state.question)
    except (SearchInvalid, RepNotFound) as error:
        told = Notice(in_plain_words(error), at="filter", typed=form.typed())
        return list_page(request, caller, before, 422, told)
    return go_to(state.address())


def state_of(caller: Actor, sealed: str = "", view: str = "") -> ListState:
    """What an address says: a list as it was asked for, or a view; where it is not there any more,
    or none is said, the one that the caller begins with.

    Raises:
        SealBroken: it does not say anything.
    """
    if sealed:
        return unseal(ListState, sealed)
    with unit_of_work() as session:
        views = every_view(session, caller)
    return ListState.of(next((one for one in views if one.id == view), views[0]))


def in_plain_words(error: Exception) -> str:
    """What is wrong with a question, without where in it that stands."""
    if isinstance(error, SearchInvalid):
        return " ".join(dict.fromkeys(found.problem for found in error.problems))
    return f"There is no salesperson {error}." if isinstance(error, RepNotFound) else str(error)


def list_page(
    request: Request,
    caller: Actor,
    state: ListState,
    status: int = 200,
    told: Notice | None = None,
) -> Response:
    """The page as the state says, and what came of a form on it."""
    with unit_of_work() as session:
        known = known_names(session)
        columns = columns_of(known[PREFIX])
        reach = caller.reach("lead.read") or Reach.OWN
        reps, within = reps_by_name(session), reps_within(session, caller.rep_id, reach)
        views = every_view(session, caller)
        acts = [kind for kind in PERMISSIONS if may(caller, kind)]
        campaigns = campaigns_now(session).values() if "enrol" in acts else ()
        live = [(one.name, one.program.campaign.name) for one in campaigns if one.state == "live"]
    shown = [columns[name] for name in state.columns if name in columns]
    found = _found(caller, state, shown)
    view = next((one for one in views if one.id == state.view), None)
    return page(
        request,
        "leads/list.html",
        caller,
        status,
        told,
        state=state,
        found=found,
        views=views,
        view=view,
        heading=view.called if view else "Leads",
        changed=view is None or state.differs_from(view),
        may_share=may_share(caller),
        acts=acts,
        reps=reps,
        campaigns=live,
        columns=shown,
        every_column=columns,
        rows=[_row(lead, shown) for lead in found.page.items],
        conditions=[in_words(one) for one in state.conditions],
        as_rules=write_yaml(state.question.where) if state.question.where else "",
        as_search=_as_search(state),
        fields=[(name, field_words(name)) for name in (*CATALOGUE, SEGMENTS)],
        attributes=[(PREFIX + own, field_words(own)) for own in known[PREFIX]],
        operators=[(name, OPERATOR_WORDS[name]) for name in OPERATORS],
        sorts=SORTS,
        owners=_owners(caller, [rep for rep in reps if within is None or rep[0] in within]),
        following=state.following(found.page.next),
        before=state.before(),
        first=state.page * A_PAGE + 1,
    )


def _found(caller: Actor, state: ListState, columns: list[Column]) -> Found:
    now = datetime.now(UTC)
    fields = {"first_name", "last_name", "email", "company_name", "source"}
    fields.update(name for column in columns for name in column.needs)
    said = state.question.model_dump(exclude={"fields"})
    try:
        search = LeadSearch(**said, fields=sorted(fields), limit=A_PAGE, cursor=state.cursor)
        with unit_of_work(use=Use.SEARCH) as session:
            leads = find_leads(session, search, caller, now)
            return Found(leads, _total(session, caller, state, leads, now))
    except CANNOT as error:
        return Found(refused=in_plain_words(error))


def _total(
    session: Session, caller: Actor, state: ListState, leads: Page[LeadListed], now: datetime
) -> Total:
    seen = state.page * A_PAGE + len(leads.items)
    if leads.next is None and (leads.items or not state.page):
        return Total(seen, True)
    question = read_question(session, state.question)
    with in_time():
        guessed = about_how_many(session, question, seen_by(session, caller), now)
    # A guess below what has been seen says nothing.
    return guessed if guessed.exact or guessed.number > seen else Total(seen, False, more=True)


def _row(lead: LeadListed, columns: list[Column]) -> dict[str, Any]:
    cells = [(column, column.written(lead)) for column in columns]
    return {"id": lead.id, "name": name_of(lead), "cells": cells}


def _as_search(state: ListState) -> str:
    """The body of ``POST /leads/search`` that finds the same."""
    usual = LeadQuestion()
    said = state.question.model_dump(mode="json", exclude={"fields"})
    differs = {name: value for name, value in said.items() if value != getattr(usual, name)}
    return json.dumps(differs | {"sort": state.question.sort}, ensure_ascii=False, indent=1)


def _owners(caller: Actor, reps: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Who may have the leads that are asked for, for the form."""
    own = [] if caller.rep_id is None else [(caller.rep_id, "me")]
    others = [(rep_id, name) for rep_id, name in reps if rep_id != caller.rep_id]
    return [("", "anybody"), *own, (NOBODY, "nobody"), *others]
