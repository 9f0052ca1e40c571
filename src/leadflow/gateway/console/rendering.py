"""From a template and its values to a page."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from features.how_many import how_many, of_number
from leadflow.accounts import signing_in
from leadflow.accounts.actors import Actor
from leadflow.assignment.team.naming import called
from leadflow.gateway.console.in_words import PARTS, WAYS, doer, roles_in
from leadflow.gateway.console.navigation import navigation
from leadflow.gateway.console.notices import NOTHING, Notice, forget, notice_of
from leadflow.gateway.http.security import COOKIE
from leadflow.scoring.how_sure import chance_in_words, how_sure

HERE = Path(__file__).parent
STATIC = HERE / "static"
# No raw HTML: what people wrote is shown, never run.
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'; "
        "base-uri 'none'; object-src 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def page(
    request: Request,
    template: str,
    actor: Actor | None,
    status: int = 200,
    told: Notice | None = None,
    **values: Any,
) -> Response:
    """The page, with what every page knows: who is signed in, the token of their forms, and what
    came of the form before it, which is told once; ``told`` is what came of one just now."""
    cookie = request.cookies.get(COOKIE)
    waiting = notice_of(request) if told is None and request.method == "GET" else NOTHING
    text = _environment.get_template(template).render(
        me=actor,
        form_token=signing_in.form_token(cookie) if cookie and actor else "",
        now=datetime.now(UTC),
        path=request.url.path,
        told=told or waiting,
        **values,
    )
    answer = Response(text, status, HEADERS, media_type="text/html")
    if waiting.words:
        forget(answer)
    return answer


def when(moment: datetime | None) -> Markup:
    """A moment: in UTC as it is sent, in the reader's own zone where scripts run."""
    if moment is None:
        return Markup("—")
    exact = moment.astimezone(UTC)
    return Markup('<time datetime="{}" title="{} UTC">{} UTC</time>').format(
        exact.isoformat(), f"{exact:%Y-%m-%d %H:%M:%S}", f"{exact:%Y-%m-%d %H:%M}"
    )


def ago(moment: datetime, now: datetime) -> str:
    """How far a moment lies from now, in its largest unit."""
    seconds = (now - moment).total_seconds()
    size = abs(seconds)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if size >= length:
            told = f"{int(size // length)} {unit}"
            return f"{told} ago" if seconds > 0 else f"in {told}"
    return "just now" if seconds >= 0 else "in a moment"


def since(moment: datetime | None, now: datetime) -> Markup:
    """How far it is away, with the exact moment on it: for lists, which are read in passing."""
    if moment is None:
        return Markup("—")
    exact = moment.astimezone(UTC)
    return Markup('<time class="far" datetime="{}" title="{} UTC">{}</time>').format(
        exact.isoformat(), f"{exact:%Y-%m-%d %H:%M:%S}", ago(moment, now)
    )


def markdown(text: str) -> Markup:
    """What is asked, from Markdown; HTML in it is shown as text."""
    return Markup(_markdown.render(text))  # noqa: S704  escaped by the renderer


def by_name(text: str, names: Mapping[str, str]) -> str:
    """Plain text with what leads and people are called in place of their ids."""
    for own, name in names.items():
        text = text.replace(own, name)
    return text


def drawn(svg: str) -> Markup:
    """A chart of ours; names in it were escaped as it was drawn."""
    return Markup(svg)  # noqa: S704


def working(minutes: float) -> str:
    """Working minutes as people say them."""
    whole = round(minutes)
    if whole < 60:
        return f"{whole} min"
    return f"{whole // 60} h {whole % 60} min" if whole % 60 else f"{whole // 60} h"


def words(name: str) -> str:
    """A name of ours as people write it: ``score_override`` is ``score override``."""
    return name.replace("_", " ").replace(".", " ")


_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals |= {
    "chance_in_words": chance_in_words,
    "navigation": navigation,
    "ways": WAYS,
    "parts_of_a_case": PARTS,
}
_environment.filters |= {
    "how_sure": how_sure,
    "when": when,
    "ago": ago,
    "since": since,
    "markdown": markdown,
    "words": words,
    "how_many": how_many,
    "of_number": of_number,
    "escape": escape,
    "called": called,
    "by_name": by_name,
    "working": working,
    "doer": doer,
    "roles_in": roles_in,
    "drawn": drawn,
}
