"""What a form of these pages does, and what is said of it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import Request, Response
from sqlalchemy.orm import Session

from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.http.stated_problems import STATED

# What it says, and what is shown once beside it.
Change = Callable[[Session, datetime], tuple[str, dict[str, Any]]]
Show = Callable[[int, Notice], Response]


def sent(
    request: Request,
    address: str,
    show: Show,
    change: Change,
    typed: Mapping[str, Any] | None = None,
    at: str = "",
) -> Response:
    """Change something and go to a page that says so; where it is refused, the page of the form
    again with why, and with what was typed."""
    try:
        with unit_of_work() as session:
            words, more = change(session, datetime.now(UTC))
    except tuple(STATED) as error:
        status, _, title = STATED[type(error)]
        return show(status, Notice(f"{title}. {error}", at=at, typed=dict(typed or {})))
    return told_on(request, address, Notice(words, True, at, more))
