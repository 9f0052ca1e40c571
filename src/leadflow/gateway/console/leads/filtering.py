"""The form above the list of leads: from what is typed to what is asked."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from leadflow.conditions.problems import Problem, RuleSetInvalid
from leadflow.conditions.typed import condition_of
from leadflow.gateway.console.leads.cells import SORTS
from leadflow.gateway.console.leads.state import ListState, one_by_one
from leadflow.rules.field_catalogue import kinds_of, known_names
from leadflow.rules.text_format import read_yaml
from leadflow.search.question import SearchInvalid

Ends = Literal["", "open", "converted", "lost"]
Levels = Literal["", "hot", "warm", "cold", "unqualified"]
MOST_COLUMNS = 12


class FilterForm(BaseModel):
    """What the form says. ``act``: ``show`` (all of it), ``rules`` (the conditions as they are
    written below), ``clear``, or ``take:N``, the N-th condition off."""

    q: str = ""
    act: Annotated[str, Field(max_length=20)] = "show"
    name: Annotated[str, Field(max_length=200)] = ""
    company: Annotated[str, Field(max_length=200)] = ""
    status: Ends = ""
    level: Levels = ""
    owner: Annotated[str, Field(max_length=100)] = ""
    sort: str = "-score"
    field: Annotated[str, Field(max_length=200)] = ""
    operator: Annotated[str, Field(max_length=40)] = "equals"
    value: Annotated[str, Field(max_length=2000)] = ""
    columns: list[str] = []
    rules: Annotated[str, Field(max_length=100_000)] = ""

    def typed(self) -> dict[str, Any]:
        """What a refused form is filled with again."""
        return self.model_dump(exclude={"q", "act", "columns"})


def asked_by(session: Session, form: FilterForm, before: ListState) -> ListState:
    """What the list is to show.

    Raises:
        SearchInvalid: what is written as conditions is none.
    """
    if form.act == "clear":
        return before.asking(where=None, name=None, company=None, level=None, owner=None)
    if form.act == "rules":
        return before.with_conditions(
            one_by_one(_written(form.rules)) if form.rules.strip() else []
        )
    conditions = list(before.conditions)
    if form.act.startswith("take:"):
        place = form.act.removeprefix("take:")
        if place.isdecimal() and int(place) < len(conditions):
            del conditions[int(place)]
    if form.field:
        kinds = kinds_of(form.field, known_names(session))
        # Of a field that there is not, reading the question says so.
        held = () if isinstance(kinds, str) else kinds
        conditions.append(condition_of(form.field, held, form.operator, form.value))
    columns = list(dict.fromkeys(form.columns))[:MOST_COLUMNS] or before.columns
    return (
        before.with_conditions(conditions)
        .asking(
            name=form.name.strip() or None,
            company=form.company.strip() or None,
            status=form.status or None,
            level=[form.level] if form.level else None,
            owner=form.owner or None,
            sort=form.sort if form.sort in SORTS else "-score",
        )
        .model_copy(update={"columns": columns})
    )


def _written(text: str) -> dict[str, Any]:
    try:
        read = read_yaml(text)
    except RuleSetInvalid as error:
        raise SearchInvalid(error.problems) from error
    if not isinstance(read, dict):
        raise SearchInvalid([Problem("where", "Write fields and groups, each with its tests.")])
    # As it is sent to POST /leads/search, or the conditions alone.
    where = read["where"] if set(read) == {"where"} else read
    if not isinstance(where, dict) or not where:
        raise SearchInvalid([Problem("where", "Write fields and groups, each with its tests.")])
    return _whole(where)


def _whole(where: dict[str, Any]) -> dict[str, Any]:
    """Conditions that can be taken apart; others are refused as they are read."""
    for name, content in where.items():
        if name in ("all", "any", "none"):
            if not isinstance(content, list) or not all(isinstance(one, dict) for one in content):
                raise SearchInvalid([Problem(f"where.{name}", "Write a list of conditions.")])
            for one in content:
                _whole(one)
    return where
