"""Declarations of scoring: decisions about the serving model and about overrides."""

from leadflow.approvals.approved_act import approved_act
from leadflow.approvals.decision_kinds import DecisionKind
from leadflow.scoring import score_fields
from leadflow.scoring.figures import GAUGES
from leadflow.scoring.learning import promotion
from leadflow.scoring.overrides import service as overrides

__all__ = ["ACTS", "DECISION_KINDS", "FIELDS", "GAUGES"]

FIELDS = score_fields.FIELDS
ACTS = (
    approved_act(promotion.PROMOTE, promotion.promote),
    approved_act(
        overrides.APPLY_OVERRIDE,
        lambda session, _, payload, now: overrides.apply_override(session, payload, now),
    ),
)
DECISION_KINDS = (
    DecisionKind("model_promotion", "Model promotion", promotion.content),
    DecisionKind(overrides.KIND, "Score override", overrides.content, of_lead=True),
)
