"""Types of events that workflow rules want to know of: only these are written."""

from sqlalchemy.orm import Session

from leadflow.domain_events.service import want_only
from leadflow.rules.schemas import RuleSet
from leadflow.workflow.service import rules_in_use, wanted_types

READER = "workflow"


def want(session: Session, rules: RuleSet) -> None:
    """Have what these rules act on written from now on, and nothing else for them."""
    want_only(session, READER, wanted_types(rules))


def want_what_counts(session: Session) -> None:
    """The same for the rules in use, which may be those that came with Leadflow."""
    want(session, rules_in_use(session).rules)
