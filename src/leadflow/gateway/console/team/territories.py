"""Territories as they lie within each other, and who would get a lead that is only thought of."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from leadflow.accounts.actors import Actor
from leadflow.assignment.insight.would_get import WouldGet, would_get
from leadflow.assignment.routing.open_leads import LANGUAGE, POSTAL_CODE
from leadflow.assignment.team.roster import territory_forest
from leadflow.assignment.team.store import read_stored, rep_names
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.forms import ReadingTeam
from leadflow.gateway.console.notices import Notice
from leadflow.gateway.console.rendering import page
from leadflow.gateway.console.team.overview import PATH
from leadflow.leads.places import country_code
from leadflow.leads.tables import Lead
from leadflow.scoring.tables import LeadScore
from leadflow.settings import Settings, get_settings

router = APIRouter(include_in_schema=False)
TERRITORIES = PATH + "/territories"
TRIED = "lead_tried"
# Of a lead that nobody has scored: what the score would be at least, and its chance of the day.
USUAL_CHANCE = 0.1
Level = Literal["hot", "warm", "cold", "unqualified"]
Word = Annotated[str, Field(max_length=200)]


class Thought(BaseModel):
    """A lead that is only thought of: what assignment looks at."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    country: Word = ""
    region: Word = ""
    postal_code: Annotated[str, Field(max_length=20)] = ""
    industry: Word = ""
    company_name: Word = ""
    company_size: Annotated[str, Field(max_length=10)] = ""
    services: Word = ""
    language: Annotated[str, Field(max_length=10)] = ""
    level: Level = "warm"

    @property
    def wrong(self) -> str:
        """What cannot be read, in words; empty where all of it can."""
        if self.country and country_code(self.country) is None:
            return "Write the country's name or its code, such as DE."
        if self.company_size and not self.company_size.isdecimal():
            return "Write how many people work there as a whole number."
        return ""

    def lead(self, now: datetime) -> Lead:
        """As a lead, which is not stored."""
        wanted = [one.strip() for one in self.services.split(",") if one.strip()]
        said = {POSTAL_CODE: self.postal_code, LANGUAGE: self.language}
        return Lead(
            id=TRIED,
            source="console",
            country=country_code(self.country) if self.country else None,
            region=self.region or None,
            industry=self.industry or None,
            company_name=self.company_name or None,
            company_size=int(self.company_size) if self.company_size else None,
            service_requirements=wanted,
            attributes={name: value for name, value in said.items() if value},
            created_at=now,
            known_from=now,
        )

    def score(self, settings: Settings) -> LeadScore:
        """The least score of its level."""
        least = {"hot": settings.hot_from, "warm": settings.warm_from, "cold": settings.cold_from}
        total = least.get(self.level, 0.0)
        return LeadScore(
            lead_id=TRIED, total_score=total, level=self.level, probability=USUAL_CHANCE
        )


@router.get(TERRITORIES)
def show(request: Request, caller: ReadingTeam) -> Response:
    """The tree, and the form of the tester."""
    return _page(request, caller)


@router.post(TERRITORIES)
def test(request: Request, caller: ReadingTeam, said: Annotated[Thought, Form()]) -> Response:
    """Who would get such a lead; nothing is kept of it."""
    if said.wrong:
        return _page(request, caller, 422, said, told=Notice(said.wrong, at="try"))
    settings, now = get_settings(), datetime.now(UTC)
    with unit_of_work() as session:
        found = would_get(session, settings, said.lead(now), said.score(settings), now)
    return _page(request, caller, said=said, found=found)


def _page(
    request: Request,
    caller: Actor,
    status: int = 200,
    said: Thought | None = None,
    found: WouldGet | None = None,
    told: Notice | None = None,
) -> Response:
    with unit_of_work() as session:
        team = read_stored(session).team
        names = rep_names(session)
    values: dict[str, Any] = {
        "forest": territory_forest(team),
        "names": names,
        "by_own": {rep.id: rep.name for rep in team.reps},
        "found": found,
    }
    return page(
        request, "team/territories.html", caller, status, told, said=said or Thought(), **values
    )
