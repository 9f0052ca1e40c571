"""The inbox of the local mail server."""

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from leadflow.approvals.codes import blanked
from leadflow.gateway.console.forms import ReadingMail
from leadflow.gateway.console.rendering import page
from leadflow.integrations.notifications.mailbox import read_mail
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)


@router.get("/console/mail")
def show(request: Request, caller: ReadingMail) -> Response:
    """The newest messages. One-time codes are shown to whom they are for and nobody else: with
    one, whoever reads it decides in that person's name."""
    mails = [
        mail if mail.person_id == caller.id else replace(mail, text=blanked(mail.text))
        for mail in read_mail(get_settings())
    ]
    return page(request, "mail.html", caller, mails=mails)
