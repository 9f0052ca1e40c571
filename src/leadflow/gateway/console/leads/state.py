"""What the list of leads shows: a question, its columns, the view it began as, and which page."""

from collections.abc import Iterable
from typing import Any, cast

from pydantic import BaseModel, Field

from leadflow.gateway.console.leads.sealed import seal
from leadflow.gateway.console.leads.views import USUAL_COLUMNS, View
from leadflow.saved_views.tables import ShownAs
from leadflow.search.schemas import LeadQuestion, Sort

LIST = "/console/leads"
BOARD = f"{LIST}/board"
# Pages that "previous" leads back through; whoever is further in begins anew.
MOST_BACK = 20


class ListState(BaseModel):
    """``view``: by the name of one that is always there, or the id of a saved one. ``trail``: the
    cursors of the pages before this one and its own, the last of them; ``page``: its number;
    ``shown_as``: a list, or a board and what its columns are."""

    question: LeadQuestion = LeadQuestion()
    columns: list[str] = Field(default_factory=lambda: list(USUAL_COLUMNS))
    view: str = ""
    trail: list[str] = []
    page: int = 0
    shown_as: ShownAs = "list"

    @property
    def cursor(self) -> str | None:
        """Where this page begins; None: it is the first."""
        return self.trail[-1] if self.page else None

    @property
    def conditions(self) -> list[dict[str, Any]]:
        """The conditions, one by one: all of them hold."""
        return one_by_one(self.question.where or {})

    @classmethod
    def of(cls, view: View) -> "ListState":
        """A view as it begins."""
        return cls(
            question=view.question, columns=view.columns, view=view.id, shown_as=view.shown_as
        )

    def differs_from(self, view: View) -> bool:
        """Whether something else is shown than the view does."""
        here, there = (self.question, self.shown_as), (view.question, view.shown_as)
        return here != there or self.columns != view.columns

    def sealed(self) -> str:
        """As addresses and forms say it."""
        return seal(self)

    def address(self) -> str:
        """Where the leads are shown so."""
        return f"{page_of(self.shown_as)}?q={self.sealed()}"

    def shown(self, shown_as: ShownAs) -> "ListState":
        """The same leads as a list, or as a board."""
        return self.model_copy(update={"shown_as": shown_as, "trail": [], "page": 0})

    def asking(self, **changed: Any) -> "ListState":
        """The first page of the same with something else asked."""
        question = LeadQuestion(**{**self.question.model_dump(), **changed})
        return self.model_copy(update={"question": question, "trail": [], "page": 0})

    def with_conditions(self, conditions: Iterable[dict[str, Any]]) -> "ListState":
        """The first page of the same with these conditions instead."""
        held = list(conditions)
        return self.asking(where=together(held) if held else None)

    def following(self, cursor: str | None) -> "ListState | None":
        """The page after this one; None: there is none."""
        if cursor is None:
            return None
        trail = [*self.trail, cursor][-MOST_BACK:]
        return self.model_copy(update={"trail": trail, "page": self.page + 1})

    def before(self) -> "ListState | None":
        """The page before this one; the first, where the way back is not known so far."""
        if not self.page:
            return None
        page = self.page - 1 if len(self.trail) > 1 or self.page == 1 else 0
        return self.model_copy(update={"trail": self.trail[:-1] if page else [], "page": page})

    def sorted_by(self, value: str) -> "ListState":
        """In the order of a value, the greatest first; the other way where it is so already."""
        descending = cast(Sort, f"-{value}")
        return self.asking(sort=value if self.question.sort == descending else descending)


def page_of(shown_as: ShownAs) -> str:
    """The page that shows leads so."""
    return LIST if shown_as == "list" else BOARD


def one_by_one(where: dict[str, Any]) -> list[dict[str, Any]]:
    """Conditions all of which hold, each in a mapping of its own."""
    found: list[dict[str, Any]] = []
    for name, content in where.items():
        if name == "all":
            found += [part for one in content for part in one_by_one(one)]
        elif name in ("any", "none"):
            found.append({name: content})
        else:
            tests = content if isinstance(content, list) else [content]
            found += [{name: test} for test in tests]
    return found


def together(conditions: list[dict[str, Any]]) -> dict[str, Any]:
    """The same in one mapping, as somebody would write them: each field once."""
    where: dict[str, Any] = {}
    for one in conditions:
        if any(name in where for name in one):
            return {"all": conditions}
        where |= one
    return where
