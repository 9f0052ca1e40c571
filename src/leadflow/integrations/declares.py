"""Declarations of integrations: the acts that start and end flow runs and notify people."""

from leadflow.integrations.delivery_events import REPORT
from leadflow.integrations.flow_acts import SETTLE, START
from leadflow.integrations.model_events import TELL_OF_DRIFT
from leadflow.integrations.notifications.account_notices import NOTIFY_OF_GUESSES
from leadflow.integrations.notifications.approval_notices import NOTIFY_PERSON
from leadflow.integrations.notifications.campaign_notices import (
    NOTIFY_OF_ANSWERS,
    NOTIFY_OF_PAUSED_CAMPAIGN,
)
from leadflow.integrations.notifications.channel_notices import NOTIFY_OF_CHANNEL
from leadflow.integrations.notifications.duty_notices import NOTIFY_ON_DUTY
from leadflow.integrations.notifications.endpoint_notices import NOTIFY_OF_ENDPOINT
from leadflow.integrations.notifications.lead_notices import NOTIFY_REP
from leadflow.integrations.rule_actions import RULE_ACTIONS

__all__ = ["ACTS", "RULE_ACTIONS"]

ACTS = (
    START,
    SETTLE,
    REPORT,
    TELL_OF_DRIFT,
    NOTIFY_PERSON,
    NOTIFY_REP,
    NOTIFY_OF_GUESSES,
    NOTIFY_OF_ENDPOINT,
    NOTIFY_OF_CHANNEL,
    NOTIFY_OF_PAUSED_CAMPAIGN,
    NOTIFY_OF_ANSWERS,
    NOTIFY_ON_DUTY,
)
