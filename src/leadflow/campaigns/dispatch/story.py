"""What has come of a message's attempts before: a short list with the message itself."""

from datetime import datetime

from sqlalchemy import ColumnElement, case, func, literal
from sqlalchemy.dialects.postgresql import JSONB

from leadflow.campaigns.tables import CampaignMessage

LONGEST = 20


def with_this(
    now: datetime, became: str | ColumnElement[str], said: str | None
) -> ColumnElement[list[dict[str, str]]]:
    """The story with one more attempt, which came to nothing; the oldest goes where there are
    twenty."""
    told = func.coalesce(CampaignMessage.story, literal([], JSONB))
    shorter = case(
        (func.jsonb_array_length(told) >= LONGEST, told.op("-")(0)),
        else_=told,
    )
    this = func.jsonb_build_array(
        func.jsonb_build_object(
            "at",
            now.isoformat(),
            "attempt",
            CampaignMessage.attempts,
            "channel",
            CampaignMessage.channel,
            "became",
            became,
            "said",
            said,
        )
    )
    return shorter.op("||", return_type=JSONB())(this)
