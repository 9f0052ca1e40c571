"""A search as it is read: conditions, of the one language there is, and what else is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from leadflow.assignment.work.handover import find_rep
from leadflow.conditions.problems import Problem
from leadflow.conditions.storable import unstorable
from leadflow.conditions.tree import Group, Reader, fields_of
from leadflow.privacy.name_index import is_too_short, ways_of
from leadflow.rules.field_catalogue import SEGMENTS, kinds_of, known_names, values_of
from leadflow.rules.segments.expanding import expanded
from leadflow.rules.segments.service import conditions_now
from leadflow.search.schemas import NOBODY, LeadFilters, LeadQuestion
from leadflow.search.stages import Stage

SHORTEST_PART = 3


class SearchInvalid(ValueError):
    """A search that cannot be made; ``problems`` has everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{found.place}: {found.problem}" for found in self.problems))


@dataclass(frozen=True)
class Question:
    """What is searched for. ``rep_id``: who has the lead; ``nobody``: it has no salesperson.
    ``stage``: how far it is, in the place of who has it. ``name`` are hashes, all of one of which
    must be found, ``company`` parts of a text, each of which must be."""

    where: Group
    sort: str
    descending: bool
    status: str | None = None
    rep_id: str | None = None
    nobody: bool = False
    stage: Stage | None = None
    scored_since: datetime | None = None
    name: tuple[tuple[int, ...], ...] = ()
    company: tuple[str, ...] = ()
    name_is_short: bool = False
    said: tuple[object, ...] = ()

    def refuse_short_name(self) -> None:
        """Call it where nothing was found.

        Raises:
            SearchInvalid: what was said of a name is too short to be how a word begins.
        """
        if self.name_is_short:
            said = "Nobody here is called exactly so. Write at least {} letters of a word of it."
            raise SearchInvalid([Problem("name", said.format(SHORTEST_PART))])


def read_question(session: Session, search: LeadFilters) -> Question:
    """What a search asks for.

    Raises:
        SearchInvalid: its conditions cannot be used, or no word of a name is long enough.
        RepNotFound: there is no such salesperson.
    """
    said = {name: value for name, value in search if name in LeadQuestion.model_fields}
    whole = LeadQuestion(**said)
    problems: list[Problem] = []
    where = _conditions(session, whole, problems)
    name = tuple(map(tuple, ways_of(whole.name))) if whole.name is not None else ()
    if whole.name is not None and not name:
        problems.append(Problem("name", f"Write at least {SHORTEST_PART} letters of the name."))
    company = tuple((whole.company or "").split())
    if whole.company is not None and max(map(len, company)) < SHORTEST_PART:
        problems.append(
            Problem(
                "company",
                f"Write {SHORTEST_PART} letters of it in a row. A shorter name is found whole: "
                'where: {"company_name": {"operator": "equals", "value": "HP"}}.',
            )
        )
    if problems:
        raise SearchInvalid(problems)
    nobody = whole.owner == NOBODY
    owned = whole.owner is not None and not nobody
    return Question(
        where=where,
        sort=whole.sort.removeprefix("-"),
        descending=whole.sort.startswith("-"),
        status=whole.status,
        rep_id=find_rep(session, str(whole.owner)).id if owned else None,
        nobody=nobody,
        scored_since=whole.scored_since,
        name=name,
        name_is_short=whole.name is not None and is_too_short(whole.name),
        company=company,
        said=("leads", whole.model_dump(mode="json", exclude={"fields"})),
    )


def _conditions(session: Session, search: LeadQuestion, problems: list[Problem]) -> Group:
    """The common cases and the conditions as one: all of them must hold."""
    known = known_names(session) if search.where is not None else {}
    allowed = partial(values_of, known=known)
    reader = Reader(lambda name: kinds_of(name, known), problems, values_of=allowed)
    members = [reader.read(said, "filters") for said in _common(search)]
    if search.where is not None:
        wrong = unstorable(search.where)
        problems += [Problem(f"where.{one.place}", one.problem) for one in wrong]
        members += [] if wrong else [reader.read(search.where, "where")]
    where = Group("all", tuple(members))
    if problems or SEGMENTS not in fields_of(where):
        return where
    whole = expanded(where, conditions_now(session))
    return whole if isinstance(whole, Group) else Group("all", (whole,))


def _common(search: LeadQuestion) -> list[dict[str, Any]]:
    """What the common cases are as conditions."""
    found = []
    for name in ("level", "source"):
        if (values := getattr(search, name)) is not None:
            found.append({name: {"operator": "in", "value": values}})
    if search.created_since is not None:
        found.append(_moment("greater_or_equal", search.created_since))
    if search.created_until is not None:
        found.append(_moment("less_than", search.created_until))
    return found


def _moment(operator: str, moment: datetime) -> dict[str, Any]:
    return {"created_at": {"operator": operator, "value": moment.isoformat()}}
