"""Pages for whoever gets mail: no more of it, or which. Nobody signs in; the link says who it is.

A mailbox posts to the link of a mail by itself when its owner says so (RFC 8058), and whatever the
body of that is. To open a link does nothing: programs that look for harmful links open them all.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session

from leadflow.campaigns.definitions.language import Language, spoken
from leadflow.campaigns.feedback.visits import write_visit
from leadflow.campaigns.languages import language_for
from leadflow.channels.email.tracking import OPT_OUT
from leadflow.consent.links import Link, LinkUnknown, read_token
from leadflow.consent.own_acts import CHOSEN, choices, choose, has_said_no, unsubscribe
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.recipients.words import words
from leadflow.gateway.console.rendering import page
from leadflow.leads.tables import Lead
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
PREFERENCES = "/preferences/"
LONGEST_ASKED = 500


def is_of_a_link(request: Request) -> bool:
    """Whether it is what somebody chose on the page of a link of ours, whose body is read."""
    path = request.url.path
    if not path.startswith(PREFERENCES):
        return False
    try:
        read_token(path.removeprefix(PREFERENCES))
    except LinkUnknown:
        return False
    return True


@router.get("/unsubscribe/{token}")
def ask_unsubscribe(request: Request, token: str) -> Response:
    """A button; or that it is done, where they have said no before."""
    try:
        link = read_token(token)
    except LinkUnknown:
        return unknown(request)
    with unit_of_work() as session:
        done = has_said_no(session, link, datetime.now(UTC))
        return _page(request, session, "unsubscribe.html", token, link, done=done, before=done)


@router.post("/unsubscribe/{token}")
def say_no(request: Request, token: str) -> Response:
    """No more mail of this kind, at once."""
    try:
        link = read_token(token)
    except LinkUnknown:
        return unknown(request)
    with unit_of_work() as session:
        now = datetime.now(UTC)
        unsubscribe(session, link, now)
        # Its key is the message's: what a campaign has people say no to is counted.
        write_visit(session, link.key, OPT_OUT, None, now)
    with unit_of_work() as session:
        return _page(request, session, "unsubscribe.html", token, link, done=True, before=False)


@router.get("/preferences/{token}")
def ask_preferences(request: Request, token: str) -> Response:
    """What there is to choose, as it is now."""
    try:
        return _preferences(request, token, read_token(token), saved=False)
    except LinkUnknown:
        return unknown(request)


@router.post("/preferences/{token}")
def save_preferences(
    request: Request,
    token: str,
    chosen: Annotated[str, Form()] = "",
    wants: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """What was chosen, at once. Without the form nothing was: then nothing is wanted less."""
    try:
        link = read_token(token)
    except LinkUnknown:
        return unknown(request)
    if not chosen:
        return _preferences(request, token, link, saved=False)
    with unit_of_work() as session:
        kinds = {purpose: purpose in (wants or ()) for purpose in CHOSEN}
        choose(session, link, kinds, datetime.now(UTC))
    return _preferences(request, token, link, saved=True)


def _preferences(request: Request, token: str, link: Link, saved: bool) -> Response:
    with unit_of_work() as session:
        gets = choices(session, link, datetime.now(UTC))
        return _page(request, session, "preferences.html", token, link, gets=gets, saved=saved)


def _page(
    request: Request, session: Session, template: str, token: str, link: Link, **said: Any
) -> Response:
    """In the language of whoever got the mail, and in the name of whoever sent it."""
    known = language_for(session, link.lead_id, link.key) or spoken(link.language)
    language = known or _asked_for(request)
    sender = get_settings().sender_name
    values: dict[str, Any] = {
        "token": token,
        "purpose": link.purpose,
        "known": session.get(Lead, link.lead_id) is not None,
        "language": language,
        "sender": sender,
        "say": words(language, sender),
    }
    return page(request, template, None, **values | said)


def unknown(request: Request) -> Response:
    """That a link is none of ours, or not whole, in a language that the reader's browser asks
    for: nobody knows whose it was."""
    sender, language = get_settings().sender_name, _asked_for(request)
    values: dict[str, Any] = {
        "language": language,
        "sender": sender,
        "say": words(language, sender),
    }
    return page(request, "link_unknown.html", None, 404, None, **values)


def _asked_for(request: Request) -> Language:
    """The first language that the browser asks for and that is spoken here; else English."""
    asked = request.headers.get("accept-language", "")[:LONGEST_ASKED].split(",")
    weighed = [(one.partition(";")[0], _weight(one.partition(";")[2])) for one in asked]
    in_order = sorted(weighed, key=lambda one: -one[1])
    found = (spoken(code) for code, weight in in_order if weight > 0)
    return next((one for one in found if one is not None), "en")


def _weight(said: str) -> float:
    """How much a language is wanted (RFC 9110, 12.4.2): ``q=0.8``; all where nothing is said."""
    try:
        return float(said.strip().removeprefix("q=")) if said.strip() else 1.0
    except ValueError:
        return 0.0
