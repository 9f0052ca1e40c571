"""The actions of assignment rules, checked when the rule is written."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from leadflow.assignment.choice.eligibility import Terms
from leadflow.assignment.choice.strategies import HybridWeights, StrategyName


class WeightsIn(BaseModel):
    """Weights of the hybrid strategy; only their proportions count."""

    model_config = ConfigDict(extra="forbid")

    skill: float = Field(default=0, ge=0)
    territory: float = Field(default=0, ge=0)
    capacity: float = Field(default=0, ge=0)
    fairness: float = Field(default=0, ge=0)
    performance: float = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _some(self) -> "WeightsIn":
        if not sum(self.model_dump().values()) > 0:
            raise ValueError("at least one weight must be above 0")
        return self


class AssignActions(BaseModel):
    """What happens with a lead that a rule meets."""

    model_config = ConfigDict(extra="forbid")

    assign_lead: bool = Field(default=True, description="False: nobody gets it.")
    strategy: StrategyName | None = Field(default=None, description="Left out: the setting's.")
    at_once: bool | None = Field(
        default=None,
        description="In the request that brings the lead; left out: unless strategy is optimal.",
    )
    notify_manager: bool = False
    sla_minutes: float | None = Field(
        default=None, gt=0, description="Working minutes to the first touch; left out: by level."
    )
    teams: list[str] = Field(default=[], description="The pool: teams and single salespeople.")
    reps: list[str] = Field(default=[], description="Salespeople by the company's own ids.")
    territory: Literal["require", "ignore"] = "require"
    language: Literal["require", "ignore"] = "require"
    least_skill: int = Field(default=1, ge=0, le=5, description="0: skills do not matter.")
    at_work: bool = Field(default=False, description="Only who is at work at this moment.")
    value: Literal["budget", "equal"] = Field(
        default="budget", description="What a conversion is worth to the optimal strategy."
    )
    weights: WeightsIn | None = None
    most_share: float | None = Field(
        default=None,
        ge=1,
        description="Optimal: nobody gets more of a batch than so many times the mean.",
    )
    least_share: float = Field(
        default=0.5, ge=0, le=1, description="Of a fair share, what newcomers get at least."
    )

    def terms(self) -> Terms:
        """What is asked of salespeople."""
        return Terms(
            teams=frozenset(self.teams),
            reps=frozenset(self.reps),
            territory=self.territory,
            language=self.language,
            least_skill=self.least_skill,
            at_work=self.at_work,
        )

    def hybrid_weights(self, otherwise: HybridWeights) -> HybridWeights:
        """The rule's weights, or those of the settings."""
        return HybridWeights(**self.weights.model_dump()) if self.weights else otherwise
