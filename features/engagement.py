"""Engagement features: how the lead answered to us."""

from features.activity import Counted
from features.definition import Definition, done, reported_and_done
from features.feature import Dimension, Feature, FeatureKind

_DIMENSION = Dimension.ENGAGEMENT
_NUMERIC = FeatureKind.NUMERIC

ENGAGEMENT: tuple[Definition, ...] = (
    reported_and_done(
        Feature(
            "email_opens",
            "E-mails opened",
            _DIMENSION,
            _NUMERIC,
            "Opened {value} e-mails",
            says_for={"0": "Opened no e-mail", "1": "Opened one e-mail"},
            advice="Write an e-mail they want to open",
            step="more",
            direction="up",
        ),
        "email_opens",
        Counted("opens_since", "email_open", since_reported=True),
    ),
    done(
        Feature(
            "email_clicks",
            "Links clicked",
            _DIMENSION,
            _NUMERIC,
            "Clicked {value} links in e-mails",
            says_for={"0": "Clicked no link in an e-mail", "1": "Clicked a link in an e-mail"},
            advice="Send a link worth following",
            step="more",
            direction="up",
        ),
        Counted("email_clicks", "email_click"),
    ),
    done(
        Feature(
            "email_replies",
            "Replies",
            _DIMENSION,
            _NUMERIC,
            "Replied {value} times",
            says_for={"0": "Has not replied", "1": "Replied once"},
            advice="Ask a question they will answer",
            step="more",
            direction="up",
        ),
        Counted("email_replies", "email_reply"),
    ),
    done(
        Feature(
            "meetings",
            "Meetings",
            _DIMENSION,
            _NUMERIC,
            "Met with us {value} times",
            says_for={"0": "No meeting yet", "1": "Met with us once"},
            advice="Arrange a meeting",
            step="more",
            direction="up",
        ),
        Counted("meetings", "meeting"),
    ),
)
