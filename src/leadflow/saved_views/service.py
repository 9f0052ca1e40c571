"""Saving views of the list of leads, changing them, and which of them somebody sees."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import Reach
from leadflow.assignment.tables import Rep, Team
from leadflow.audit import service as audit
from leadflow.conditions.tree import fields_of
from leadflow.saved_views.tables import SavedView, ShownAs
from leadflow.search.question import read_question
from leadflow.search.schemas import LeadQuestion

READ = "lead.read"
LONGEST, MOST = 60, 100
Shared = Literal["nobody", "team", "everybody"]


class ViewNotFound(LookupError):
    """There is no such view, or it is not shared with whoever asks."""

    def __init__(self) -> None:
        super().__init__("This view is not there any more, or is not shared with you.")


class ViewChanged(RuntimeError):
    """Somebody else has changed the view since it was shown."""

    def __init__(self) -> None:
        super().__init__("Somebody has changed this view meanwhile. Look at it, and save it again.")


class ViewRefused(ValueError):
    """A view that cannot be saved so; the message says what to do instead."""


@dataclass(frozen=True)
class ViewIn:
    """What is to be saved."""

    name: str
    question: LeadQuestion
    columns: list[str]
    shared: Shared = "nobody"
    shown_as: ShownAs = "list"


def views_of(session: Session, caller: Actor) -> list[SavedView]:
    """Those that somebody sees, by name: their own, their team's, everybody's."""
    seen = or_(
        SavedView.made_by == caller.id,
        SavedView.shared == "everybody",
        SavedView.team_id.in_(teams_of(session, caller)),
    )
    found = session.scalars(select(SavedView).where(seen))
    return sorted(found, key=lambda view: (view.name.casefold(), view.id))


def get(session: Session, view_id: str, caller: Actor) -> SavedView:
    """One of them.

    Raises:
        ViewNotFound: it is not.
    """
    found = next((one for one in views_of(session, caller) if one.id == view_id), None)
    if found is None:
        raise ViewNotFound
    return found


def teams_of(session: Session, caller: Actor) -> list[str]:
    """Teams that somebody is in, leads or manages."""
    if caller.rep_id is None:
        return []
    led = or_(Team.lead_rep_id == caller.rep_id, Team.manager_rep_id == caller.rep_id)
    own = select(Rep.team_id).where(Rep.id == caller.rep_id, Rep.team_id.is_not(None))
    return [*session.scalars(select(Team.id).where(or_(led, Team.id.in_(own))))]


def may_share(caller: Actor) -> tuple[Shared, ...]:
    """With whom somebody may share a view: whoever sees a team's leads with that team, whoever sees
    all leads with everybody."""
    reach = caller.reach(READ)
    if reach is Reach.ALL:
        return ("nobody", "team", "everybody") if caller.rep_id else ("nobody", "everybody")
    return ("nobody", "team") if reach is Reach.TEAM else ("nobody",)


def may_change(view: SavedView, caller: Actor) -> bool:
    """Whoever made a view changes it; one of everybody's, whoever may make such."""
    ours = view.shared == "everybody" and "everybody" in may_share(caller)
    return view.made_by == caller.id or ours


def save(session: Session, said: ViewIn, caller: Actor, now: datetime) -> SavedView:
    """Keep a view under a new name. Only people do, never programs.

    Raises:
        ViewRefused: its name or whom it is shared with.
        SearchInvalid, RepNotFound: see ``search.question.read_question``.
    """
    _refuse(session, said, caller)
    mine = select(func.count()).where(SavedView.made_by == caller.id)
    if (session.scalar(mine) or 0) >= MOST:
        raise ViewRefused(f"You have {MOST} views. Delete one that you do not need any more.")
    view = SavedView(made_by=caller.id)
    _fill(session, view, said, caller, now)
    view.revision = 1
    session.add(view)
    session.flush()
    _record(session, view, "saved", caller)
    return view


def change(
    session: Session, view_id: str, seen: int, said: ViewIn, caller: Actor, now: datetime
) -> SavedView:
    """Have a view be what is said from now on; ``seen`` is the revision that was shown.

    Raises:
        ViewNotFound: as ``get``.
        ViewChanged: it is another by now.
        ViewRefused: as ``save``, or it is not theirs to change.
        SearchInvalid, RepNotFound: see ``search.question.read_question``.
    """
    view = _held(session, view_id, seen, caller)
    _refuse(session, said, caller)
    _fill(session, view, said, caller, now)
    view.revision += 1
    session.flush()
    _record(session, view, "changed", caller)
    return view


def remove(session: Session, view_id: str, seen: int, caller: Actor) -> str:
    """Delete a view; what it was called.

    Raises:
        ViewNotFound, ViewChanged, ViewRefused: as ``change``.
    """
    view = _held(session, view_id, seen, caller)
    _record(session, view, "deleted", caller)
    session.delete(view)
    session.flush()
    return view.name


def _held(session: Session, view_id: str, seen: int, caller: Actor) -> SavedView:
    get(session, view_id, caller)
    view = session.get_one(SavedView, view_id, with_for_update=True, populate_existing=True)
    if not may_change(view, caller):
        raise ViewRefused("Somebody else made this view. Save it under a name of your own.")
    if view.revision != seen:
        raise ViewChanged
    return view


def _refuse(session: Session, said: ViewIn, caller: Actor) -> None:
    if not 0 < len(said.name) <= LONGEST:
        raise ViewRefused(f"Give it a name of at most {LONGEST} characters.")
    if said.shared not in may_share(caller):
        raise ViewRefused(f"You may not share a view with {said.shared.replace('team', 'a team')}.")
    if said.shared == "team" and not teams_of(session, caller):
        raise ViewRefused("You are in no team that it could be shared with.")
    read_question(session, said.question)


def _fill(session: Session, view: SavedView, said: ViewIn, caller: Actor, now: datetime) -> None:
    view.name, view.columns, view.shared = said.name, said.columns, said.shared
    view.shown_as = said.shown_as
    view.question = said.question.model_dump(mode="json", exclude_defaults=True)
    view.team_id = _team(session, view, caller) if said.shared == "team" else None
    view.changed_at, view.changed_by = now, caller.id


def _team(session: Session, view: SavedView, caller: Actor) -> str:
    """The team it is shared with already; else the caller's own, or the first that they lead."""
    teams = teams_of(session, caller)
    if view.team_id in teams:
        return str(view.team_id)
    own = session.scalar(select(Rep.team_id).where(Rep.id == caller.rep_id))
    return own if own in teams else min(teams)


def _record(session: Session, view: SavedView, what: str, caller: Actor) -> None:
    """Which conditions it has is told, and not what they say, which may be about somebody."""
    question = LeadQuestion.model_validate(view.question)
    named = {name for name in ("name", "company") if getattr(question, name)}
    asked = fields_of(read_question(session, question).where) if what != "deleted" else set()
    detail: dict[str, Any] = {"revision": view.revision, "shared": view.shared}
    detail["shown_as"] = view.shown_as
    detail |= {"asks": sorted(asked | named), "columns": view.columns}
    audit.record(session, caller.id, f"saved_view.{what}", view.id, detail)
