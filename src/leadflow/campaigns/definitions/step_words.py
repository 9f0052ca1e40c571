"""What a step of a campaign does, in a sentence for people. Pure."""

import re
from collections.abc import Mapping

from features.how_many import how_many
from leadflow.campaigns.definitions.spans import Span
from leadflow.campaigns.definitions.steps import Listen, Step, Until, UntilThen

FILLED = re.compile(r"\{\{\s*[\w.]*?(\w+)\s*(?:\|[^}]*)?\}\}")
CHOSEN = re.compile(r"\{%[^%]*%\}")
DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}


def what_it_does(step: Step, subjects: Mapping[str, str]) -> str:
    """The sentence; ``subjects``: of each content, by its name."""
    if step.send is not None:
        return f"Sends “{subjects.get(step.send, step.send)}”"
    if isinstance(step.wait, Span):
        return f"Waits {span_words(step.wait)}"
    if isinstance(step.wait, UntilThen):
        return f"Waits until {_until(step.wait.until)}"
    if isinstance(step.listen, Listen):
        return f"Waits for {_heard(step.listen)}, at most {span_words(step.listen.within)}"
    if step.switch is not None:
        return f"Goes {how_many(len(step.switch), 'way')}, by what is known of the lead"
    if step.do is not None:
        return f"Does: {', '.join(_plain(one) for one in step.do)}"
    return f"Ends as {_plain(step.end or 'finished')}"


def span_words(span: Span) -> str:
    """``2 days``, ``1 month 3 hours``."""
    hours, minutes = divmod(span.minutes, 60)
    parts = [(span.months, "month"), (span.days, "day"), (hours, "hour"), (minutes, "minute")]
    return " ".join(how_many(count, what) for count, what in parts if count)


def plain_subject(subject: str) -> str:
    """A subject with what is filled in shown as ``[first name]``."""
    return FILLED.sub(lambda found: f"[{_plain(found[1])}]", CHOSEN.sub("", subject)).strip()


def event_words(event: str) -> str:
    """``lead.did.email_click`` is ``email click``."""
    return _plain(event.removeprefix("lead.did.").removeprefix("lead."))


def _heard(listen: Listen) -> str:
    if not listen.on:
        return "what its conditions say"
    return " or ".join(event_words(one) for one in listen.on)


def _until(until: Until) -> str:
    if until.weekdays is not None:
        day = " or ".join(DAYS[one] for one in until.weekdays)
    elif until.date is not None:
        day = str(until.date)
    else:
        day = _plain((until.field or "").removeprefix("attributes."))
        for span, word in ((until.before, "before"), (until.after, "after")):
            day = f"{span_words(span)} {word} {day}" if span is not None else day
    return f"{day}, {until.at}" if until.at else day


def _plain(name: str) -> str:
    return name.replace("_", " ").replace(".", " ")
