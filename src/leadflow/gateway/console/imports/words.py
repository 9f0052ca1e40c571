"""What columns may mean and what is read of them, as people say it."""

from datetime import datetime

from leadflow.leads.files.decimal_marks import UNSURE
from leadflow.leads.files.formats.encodings import UNSAID
from leadflow.leads.files.mapping import MappingInvalid
from leadflow.leads.files.proposing.date_formats import FORMATS
from leadflow.uploads.meanings import ATTRIBUTE, FIELDS, KINDS, PLACES

FIELD_WORDS = {
    "email": "E-mail address",
    "first_name": "First name",
    "last_name": "Last name, or the whole name",
    "phone": "Telephone number",
    "company_name": "Company",
    "company_size": "People in the company",
    "industry": "Industry",
    "job_title": "Job title",
    "location": "Place",
    "country": "Country",
    "budget": "Budget",
    "currency": "Currency of the budget",
    "timeline": "When they want to buy",
    "service_requirements": "What they need",
    "website_visits": "Visits to the website so far",
    "email_opens": "E-mails opened so far",
    "content_downloads": "Downloads so far",
}
PLACE_WORDS = {
    "key": "Your own number of the lead",
    "created_at": "When the lead came in",
    "changed_at": "When the row was last changed",
    "outcome.column": "How it ended: won, lost or open",
    "outcome.at": "When it ended",
    "outcome.value": "What the sale was worth",
    "assigned_to.rep": "The salesperson who had it",
    "assigned_to.team": "The salesperson's team",
    "assigned_to.manager": "The team's manager",
}
KIND_WORDS = {
    "categorical": "one of several words",
    "numeric": "a number",
    "boolean": "yes or no",
    "date": "a date",
    "text": "free text",
}
GROUPS = (
    ("The person and the company", [(one, FIELD_WORDS[one.split(".")[1]]) for one in FIELDS]),
    ("The lead", [(one, PLACE_WORDS[one]) for one in PLACES]),
    ("Anything else", [(ATTRIBUTE + kind, KIND_WORDS[kind]) for kind in KINDS]),
)
READ = (
    FIELD_WORDS
    | PLACE_WORDS
    | {
        "external_id": "Your number",
        "last_name": "Last name",
        "company_size": "People",
        "timeline": "Wants to buy",
        "seniority": "Seniority",
        "region": "Region",
        "created_at": "Came in",
        "changed_at": "Changed",
        "outcome": "Ended as",
        "occurred_at": "Ended on",
        "value": "Worth",
        "key": "Your number",
        "row": "The row",
    }
)
ENDS = {"converted": "won", "lost": "lost", "open": "still open"}
MARKS = {"": "found out by itself", ".": "1,234.50", ",": "1.234,50"}
STATES = {
    "uploaded": "not imported yet",
    "queued": "imported next",
    "running": "being imported",
    "done": "imported",
    "failed": "stopped",
    "gone": "let go",
    "interrupted": "interrupted",
    "undoing": "being taken back",
    "undone": "taken back",
}
IN_WORDS = {
    UNSURE: "Numbers in this file, such as 5.000, can be five or five thousand. Choose which under "
    "“How the file is written”.",
    UNSAID: "It cannot be told for certain how the letters of this file are encoded. Say it under "
    "“How the file is written”, such as windows-1254, or save the file as CSV UTF-8.",
}
EXAMPLE = datetime(2026, 12, 31, 17, 5)  # noqa: DTZ001  for how its parts are written


def read(name: str) -> str:
    """What was read of a row, or is wrong with it, by its name."""
    return READ.get(name, name.removeprefix(ATTRIBUTE).replace("_", " ").capitalize())


def plain(said: str) -> str:
    """What is said of a file, in words that fit a page."""
    return IN_WORDS.get(said, said)


def wrong(error: Exception) -> str:
    """What is wrong with a mapping, or a file, in one line."""
    if isinstance(error, MappingInvalid):
        return " ".join(f"{one.place}: {one.problem}" for one in error.problems)
    return plain(str(error))


def date_forms(now: str) -> list[tuple[str, str]]:
    """The ways in which dates are written, each by an example; ``now``: the one that is said."""
    forms = dict.fromkeys(filter(None, (now, *FORMATS)))
    return [("", "2026-12-31"), *((one, EXAMPLE.strftime(one)) for one in forms)]
