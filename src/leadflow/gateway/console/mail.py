"""The inbox of the local mail server."""

from fastapi import APIRouter, Request, Response

from leadflow.gateway.console.forms import ReadingMail
from leadflow.gateway.console.rendering import page
from leadflow.integrations.notifications.mailbox import read_mail
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)


@router.get("/console/mail")
def show(request: Request, caller: ReadingMail) -> Response:
    """The newest messages."""
    return page(request, "mail.html", caller, mails=read_mail(get_settings()))
