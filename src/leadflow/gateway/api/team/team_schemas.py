"""Schemas of the gateway's answers about the sales team."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from leadflow.assignment.team.roster import RosterEntry, TerritoryNode
from leadflow.assignment.team.schemas import RepIn, TerritoryIn
from leadflow.assignment.team.versions import VersionOfTeam


class TeamStored(BaseModel):
    """The version of the team in use after a change; the one before where nothing changed."""

    version: int


class TeamVersionOut(BaseModel):
    """A version of the team; the newest is in use."""

    version: int
    created_at: datetime
    created_by: str
    content_hash: str = Field(description="The beginning of it: equal for equal teams.")

    @classmethod
    def of(cls, version: VersionOfTeam) -> Self:
        """From what the store says."""
        return cls(**vars(version))


class RepOut(RepIn):
    """A salesperson as stored, and as they stand now."""

    id: str = Field(description="Leadflow's own.")
    external_id: str = Field(description="The company's own, as in the team file.")
    is_fallback: bool = Field(description="Gets what nobody else can take.")
    open_leads: int = Field(description="Leads in work.")
    limit: int | None = Field(description="Most leads in work as of now; empty: none.")
    share: float = Field(description="Of capacity and turns as of now: new, or just back.")
    working_now: bool
    next_opening: datetime | None = Field(description="Now, if working; empty: not in 400 days.")

    @classmethod
    def of(cls, standing: RosterEntry) -> "RepOut":
        """From a salesperson's standing."""
        facts = standing.facts
        return RepOut.model_construct(
            **dict(standing.given)
            | {
                "id": facts.rep_id,
                "external_id": standing.given.id,
                "is_fallback": facts.is_fallback,
                "open_leads": facts.load,
                "limit": facts.limit,
                "share": facts.ramp_share,
                "working_now": standing.working,
                "next_opening": standing.opens_at,
            }
        )


class TerritoryOut(TerritoryIn):
    """A territory, its active salespeople (the company's own ids), and those within it."""

    reps: list[str]
    children: list["TerritoryOut"]

    @classmethod
    def of(cls, node: TerritoryNode) -> "TerritoryOut":
        """From a place in the tree."""
        children: list[Any] = [cls.of(child) for child in node.children]
        return TerritoryOut.model_construct(
            **dict(node.territory), reps=node.reps, children=children
        )
