"""The signed-in person of a page, and redirects after a form."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from leadflow.accounts.actors import Actor
from leadflow.gateway.console.rendering import page
from leadflow.gateway.http.security import needs

# Of a text that somebody types or pastes, so much is read to say by how much it is too long.
MOST_TYPED = 1_000_000
OnPage = Annotated[Actor, needs("approval.read")]
Deciding = Annotated[Actor, needs("approval.decide")]
Delegating = Annotated[Actor, needs("delegation.write")]
SeeingAll = Annotated[Actor, needs("approval.all")]
OnLead = Annotated[Actor, needs("lead.read")]
ExportingLeads = Annotated[Actor, needs("lead.export")]
EditingLeads = Annotated[Actor, needs("lead.edit")]
TellingFacts = Annotated[Actor, needs("lead.fact")]
Working = Annotated[Actor, needs("lead.work")]
Reassigning = Annotated[Actor, needs("lead.reassign")]
Overriding = Annotated[Actor, needs("score.override")]
Reviewing = Annotated[Actor, needs("quality.review")]
ManagingQuality = Annotated[Actor, needs("quality.manage")]
ReadingChecks = Annotated[Actor, needs("data_check.read")]
Auditing = Annotated[Actor, needs("audit.read")]
SeeingImports = Annotated[Actor, needs("import.read")]
SendingFiles = Annotated[Actor, needs("import.write")]
ReadingMail = Annotated[Actor, needs("mail.read")]
OnCampaigns = Annotated[Actor, needs("campaign.read")]
OnConfiguration = Annotated[Actor, needs("rules.read")]
SteeringCampaigns = Annotated[Actor, needs("campaign.write")]
Enrolling = Annotated[Actor, needs("campaign.enroll")]
ReadingRules = Annotated[Actor, needs("rules.read")]
ReadingTeam = Annotated[Actor, needs("team.read")]
ChangingTeam = Annotated[Actor, needs("team.write")]
ReadingFigures = Annotated[Actor, needs("analytics.read")]
LeavingNow = Annotated[Actor, needs("account.own")]


def go_to(address: str) -> Response:
    """Show another page after a form; loading it again sends nothing twice."""
    return RedirectResponse(address, 303)


def too_long(what: str, text: str, most: int) -> str:
    """What is said of a note, a reason or the like that is longer than is kept; it is not cut."""
    return (
        f"The {what} has {len(text):,} characters, and at most {most:,} are kept. Nothing was "
        "stored: shorten it."
    )


def problem_page(request: Request, status: int, title: str, detail: str | None) -> Response:
    """The error in words; whoever is not signed in is asked to do so, and comes back."""
    if status == 401:
        back = request.url.path if request.method == "GET" else "/console"
        return go_to(f"/console/sign-in?next={quote(back)}")
    return page(request, "problem.html", None, status, heading=title, detail=detail or title)
