"""Settings of handing leads out, and of watching over them."""

from pydantic import BaseModel, Field


class AssignmentSettings(BaseModel):
    """Who gets a lead, and how soon they should get in touch."""

    assignment_strategy: str = Field(
        default="automatic",
        description="Where a rule names none: round_robin, skill_based, territory_based, "
        "workload_balanced, performance_weighted, hybrid, optimal; or automatic: hybrid, and "
        "optimal in sweeps once outcomes tell whom a lead fits.",
    )
    assignment_batch: int = Field(default=10000, gt=0, description="Leads decided at a time.")
    assignment_wait_ms: int = Field(
        default=250,
        gt=0,
        description="Wait of a request for its turn to hand its lead out; then the sweep does.",
    )
    assignment_reminder_share: float = Field(
        default=0.6, gt=0, le=1, description="Share of the time to the first touch, to a reminder."
    )
    assignment_pace: float = Field(
        default=12,
        gt=0,
        description="Leads an hour to which a salesperson can say a first word; clocks of leads "
        "that must wait for others start later by it.",
    )
    assignment_weight_skill: float = Field(
        default=0.30, ge=0, description="Weight of skills in the hybrid strategy."
    )
    assignment_weight_territory: float = Field(
        default=0.15, ge=0, description="Weight of the territory in the hybrid strategy."
    )
    assignment_weight_capacity: float = Field(
        default=0.20, ge=0, description="Weight of free capacity in the hybrid strategy."
    )
    assignment_weight_fairness: float = Field(
        default=0.15, ge=0, description="Weight of whose turn it is in the hybrid strategy."
    )
    assignment_weight_performance: float = Field(
        default=0.20, ge=0, description="Weight of past conversions in the hybrid strategy."
    )
    assignment_newcomer_leads: int = Field(
        default=30,
        ge=0,
        description="Fewer past leads than this, and a salesperson counts as a newcomer.",
    )
    assignment_absence_days: int = Field(
        default=3, gt=0, description="Away so long, and all of a salesperson's leads go to others."
    )
    assignment_stale_minutes: int = Field(
        default=60, gt=0, description="A lead that no sweep has tried for so long raises an alarm."
    )
    sla_hot_minutes: float = Field(
        default=5, gt=0, description="Working minutes to the first touch of a hot lead."
    )
    sla_warm_minutes: float = Field(
        default=240, gt=0, description="Working minutes to the first touch of a warm lead."
    )

    @property
    def minutes_each(self) -> float:
        """Working minutes that a salesperson needs for the first word to a lead."""
        return 60 / self.assignment_pace
