"""Quality control. Whatever is imported of this room, its own kinds of decisions are registered."""

from leadflow.quality import of_assignments, of_scores

BUILT_IN = (of_assignments.ASSIGNMENTS, of_scores.SCORES)
