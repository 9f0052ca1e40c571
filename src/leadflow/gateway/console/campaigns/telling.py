"""The story of a message, line by line, as its page tells it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from leadflow.campaigns.definitions.step_words import event_words, plain_subject
from leadflow.campaigns.looking.story import AT_ONCE, OUT, Story
from leadflow.gateway.console.campaigns import phrases


@dataclass(frozen=True)
class Line:
    """What happened when, with a few words more. ``held``: since when the message waited for an
    hour in which it may go out; ``this``: it is the message that the page is about."""

    at: datetime
    what: str
    more: str = ""
    held: datetime | None = None
    this: bool = False


def told_in_order(story: Story, people: Mapping[str, str]) -> list[Line]:
    """What it came to it by, the oldest first, and what came of it; not what came after that.
    ``people``: names by id."""
    # A trail has whole seconds: of what was in one, each follows from what is said before it.
    lines = sorted(_lines(story, people), key=lambda line: line.at.replace(microsecond=0))
    last = _last_of(story)
    return lines if last is None else [line for line in lines if line.at <= last]


def _last_of(story: Story) -> datetime | None:
    """When it was decided what became of it; None: it is open, or ended with its lead's way."""
    message = story.message
    if message.sent_at is not None:
        return message.sent_at
    if message.status == "withheld":
        return max(message.planned_at, message.due_at) + AT_ONCE
    return None


def subject_of(story: Story) -> str:
    """The subject of the message; of a step that is no more, its name."""
    program, step = story.program, story.message.step
    number = program.numbers.get(step)
    sends = None if number is None else program.nodes[number].step.send
    content = program.campaign.contents.get(sends or "")
    return step if content is None else plain_subject(content.subject)


def hours_of(story: Story) -> str:
    """In which hours the campaign sends, where it says so."""
    campaign = story.program.campaign
    said = []
    if campaign.open_hours:
        said.append("it sends in its open hours alone")
    if campaign.quiet_hours:
        quiet = campaign.quiet_hours
        said.append(f"its quiet hours are {quiet.start} to {quiet.end}")
    if campaign.holidays == "closed":
        said.append("it is closed on public holidays")
    return ", ".join(said)


def _lines(story: Story, people: Mapping[str, str]) -> Iterator[Line]:
    message, enrolment = story.message, story.enrolment
    if story.came_by is not None:
        yield Line(story.came_by.at, "What let it in happened", event_words(story.came_by.type))
    title = story.program.campaign.name
    entered = f"Came into {title}, version {story.came_into}"
    yield Line(enrolment.began_at, entered, _came_in(story, people))
    for one in story.passages:
        step = "" if one.step == OUT else one.step.replace("_", " ")
        yield Line(one.at, one.words, step, one.held, one.step == message.step)
    yield Line(message.planned_at, "Withheld" if message.status == "withheld" else "Planned")
    if message.sent_at is not None:
        yield Line(message.sent_at, "The mail server took it", message.provider_id or "")
    if enrolment.ended_at is not None:
        ended = phrases.called(enrolment.ended_as or "")
        yield Line(enrolment.ended_at, f"It ended for this lead: {ended}")


def _came_in(story: Story, people: Mapping[str, str]) -> str:
    """By what or whom the lead came in."""
    by = story.enrolment.enrolled_by
    if story.came_by is not None:
        return "by what had happened to it"
    if by == "criteria":
        return "because it met the conditions of the campaign"
    kind, _, named = by.partition(":")
    if kind in ("rule", "key") and named:
        return f"by the {'rule' if kind == 'rule' else 'program'} {named}"
    return f"by {people.get(by, by)}"
