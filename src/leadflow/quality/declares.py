"""Declarations of quality control: the kinds of automated decisions that people judge."""

from leadflow.quality.of_assignments import ASSIGNMENTS
from leadflow.quality.of_scores import SCORES

REVIEW_KINDS = (ASSIGNMENTS, SCORES)
