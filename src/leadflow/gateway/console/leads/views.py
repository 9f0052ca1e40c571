"""Views of the list of leads: those that are always there, and those that people have saved."""

from collections import Counter
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import Reach
from leadflow.saved_views import service
from leadflow.saved_views.tables import SavedView, ShownAs
from leadflow.search.schemas import NOBODY, LeadQuestion

USUAL_COLUMNS = ("company_name", "score", "level", "owner", "created_at")
OF_WHOM = {"nobody": "yours alone", "team": "of your team", "everybody": "of everybody"}


@dataclass(frozen=True)
class View:
    """``id``: a name of one that is always there, or of a saved one its id. ``revision``: 0 for one
    that is always there; ``of_whom``: who sees it, in words; ``theirs``: the reader may change
    it; ``label``: what it is called among others, where several are called the same."""

    id: str
    called: str
    question: LeadQuestion
    columns: list[str] = field(default_factory=lambda: list(USUAL_COLUMNS))
    revision: int = 0
    shared: str = ""
    of_whom: str = ""
    theirs: bool = False
    shown_as: ShownAs = "list"
    label: str = ""


def every_view(session: Session, caller: Actor) -> list[View]:
    """All that somebody sees; the first is the one they begin with."""
    saved = (_saved(view, caller) for view in service.views_of(session, caller))
    views = [*built_in(caller), *saved]
    names = Counter(view.called for view in views)
    return [replace(view, label=_label(view, names[view.called] > 1)) for view in views]


def _label(view: View, ambiguous: bool) -> str:
    return f"{view.called}, {view.of_whom}" if ambiguous and view.of_whom else view.called


def built_in(caller: Actor) -> list[View]:
    """Those that are always there: whoever leads others begins with theirs, a salesperson with
    their own."""
    best_first = LeadQuestion(status="open", sort="-score")
    views = []
    reach = caller.reach("lead.read")
    if reach is not Reach.OWN:
        called = "All open leads" if reach is Reach.ALL else "My team's open leads"
        views.append(View("open", called, best_first))
    if caller.rep_id is not None:
        mine = best_first.model_copy(update={"owner": caller.rep_id})
        views.append(View("mine", "My open leads", mine))
    nobodys = best_first.model_copy(update={"owner": NOBODY})
    views.append(View("nobodys", "Nobody has them", nobodys))
    views.append(View("newest", "Newest", LeadQuestion()))
    if reach is Reach.ALL:
        # Who has ended is nobody's: others see those that were theirs on the board.
        views.append(View("won", "Won", LeadQuestion(status="converted", sort="-score")))
    return views


def _saved(view: SavedView, caller: Actor) -> View:
    return View(
        view.id,
        view.name,
        LeadQuestion.model_validate(view.question),
        view.columns,
        view.revision,
        view.shared,
        OF_WHOM[view.shared],
        service.may_change(view, caller),
        view.shown_as,
    )
