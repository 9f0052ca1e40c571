"""The welcome series that an installation has from the start, as a draft."""

from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from leadflow.campaigns.definitions.reading import read_campaigns
from leadflow.campaigns.shipped.rules import WELCOME
from leadflow.campaigns.store.service import apply, campaigns_now
from leadflow.rules.text_format import load_rules
from leadflow.workflow.catalogue import ACTIONS, model_of

FILE = Path(__file__).parent / "welcome_series.yaml"
BY = "leadflow"


def put_in(session: Session, now: datetime) -> bool:
    """Store the welcome series where no campaign has its name; whether it was stored. Nobody comes
    into it before somebody launches it."""
    if WELCOME in campaigns_now(session):
        return False
    given = read_campaigns(load_rules(FILE), actions=model_of(ACTIONS.values()), known=None)
    apply(session, given, BY, now)
    return True
