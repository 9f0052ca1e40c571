"""A content and what is known of a lead become a mail."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import Template, TemplateError

from leadflow.channels.email.compiling import Compiled
from leadflow.channels.templates import environment

_HTML, _WORDS = environment(), environment(autoescape=False)
# Compiled templates are kept for so many contents, the last used.
_KEPT = 2000
_GAP = re.compile(r"\n{3,}")


class NotRendered(ValueError):
    """A mail of which a part would be empty or wrong; it must not be sent. ``why`` names no value,
    only the name that has none."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"The mail cannot be written: {why} Fill it, or change the content.")


@dataclass(frozen=True)
class Rendered:
    """A mail as one lead gets it."""

    subject: str
    html: str
    text: str


def rendered(content: Compiled, values: Mapping[str, Any]) -> Rendered:
    """The mail of one lead.

    Args:
        values: by the first part of names: ``{"lead": {"first_name": …, "attributes": {…}},
            "rep": {…}, "campaign": {…}, "sender": {…}, "unsubscribe_url": …}``. What is not known
            is left out or None.

    Raises:
        NotRendered: a name that every mail needs has no value.
    """
    subject, html, text = _templates(content)
    try:
        # A subject is one line, whatever stands in a name.
        line = " ".join(subject.render(values).split())
        # Where an if leaves something out, no gap is left.
        words = _GAP.sub("\n\n", text.render(values)).strip() + "\n"
        mail = Rendered(line, html.render(values), words)
    except TemplateError as error:
        raise NotRendered(str(error.message or "").rstrip(".") + ".") from None
    if not line:
        raise NotRendered("Its subject is empty.")
    return mail


@lru_cache(maxsize=_KEPT)
def _templates(content: Compiled) -> tuple[Template, Template, Template]:
    return (
        _WORDS.from_string(content.subject),
        _HTML.from_string(content.html),
        _WORDS.from_string(content.text),
    )
