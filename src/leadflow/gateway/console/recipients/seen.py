"""Pictures and links in mails of campaigns: fetched and followed by whoever got one, or by programs
that look at mails for them. Nobody signs in; the seal says which mail it is."""

from base64 import b64decode
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from leadflow.campaigns.feedback.tokens import Visited, read_token
from leadflow.campaigns.feedback.visits import target_of, write_visit
from leadflow.channels.email.agents import machine_agent
from leadflow.channels.email.tracking import HONEYPOT, OPEN
from leadflow.consent.links import LinkUnknown
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.recipients.pages import unknown
from leadflow.gateway.http.around import only_head

router = APIRouter(include_in_schema=False)
# One transparent point.
PICTURE = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
UNKEPT = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@router.get("/o/{token}.gif")
def show_picture(request: Request, token: str) -> Response:
    """The picture, whatever the token: who sees the mail shall see nothing broken in it."""
    try:
        visited = read_token(token)
    except LinkUnknown:
        return Response(PICTURE, 404, UNKEPT, media_type="image/gif")
    with unit_of_work() as session:
        if visited.link == OPEN:
            _write(session, request, visited)
    return Response(PICTURE, 200, UNKEPT, media_type="image/gif")


@router.get("/c/{token}")
def follow_link(request: Request, token: str) -> Response:
    """On to where the link leads, as its content says."""
    try:
        visited = read_token(token)
        with unit_of_work() as session:
            if visited.link == HONEYPOT:
                _write(session, request, visited)
                # Nobody sees this link in the mail, so it leads nowhere.
                return Response(None, 204, UNKEPT)
            target = target_of(session, visited)
            _write(session, request, visited)
    except LinkUnknown:
        return unknown(request)
    return RedirectResponse(target, 302, UNKEPT)


def _write(session: Session, request: Request, visited: Visited) -> None:
    # No person asks for the head alone.
    if only_head(request):
        return
    machine = machine_agent(request.headers.get("user-agent", ""))
    write_visit(session, visited.message_id, visited.link, machine, datetime.now(UTC))
