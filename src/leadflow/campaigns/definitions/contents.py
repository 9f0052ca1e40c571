"""What can be wrong with the contents of a campaign, before anybody gets one."""

import re
from collections.abc import Collection, Iterator
from html.parser import HTMLParser
from urllib.parse import urlsplit

from jinja2 import TemplateSyntaxError

from leadflow.campaigns.definitions.schemas import Campaign, Content
from leadflow.campaigns.definitions.templates import faults
from leadflow.channels.email.compiling import Compiled, MarkupInvalid, compiled
from leadflow.channels.email.marks import Marked, marked
from leadflow.conditions.problems import Problem, nearest, shown
from leadflow.rules.field_catalogue import Known

SCHEMES = frozenset({"https", "http", "mailto", "tel"})
# The family of names of attributes, as the catalogue of fields knows them.
ATTRIBUTES = "attributes."
UNSUBSCRIBE = "unsubscribe_url"
_WAY_OUT = re.compile(
    r"<(a|mj-button|mj-navbar-link)\b[^>]*\{\{-?\s*unsubscribe_url\b[^>]*>(.*?)</\1\s*>",
    re.DOTALL | re.IGNORECASE,
)
_CONDITIONAL = re.compile(r"\{%-?\s*if\b(?:(?!\{%-?\s*if\b).)*?\{%-?\s*endif\s*-?%\}", re.DOTALL)
_HIDDEN = re.compile(
    r"<([\w-]+)\b[^>]*(?:display\s*:\s*none|visibility\s*:\s*hidden)[^>]*>.*?</\1\s*>",
    re.DOTALL | re.IGNORECASE,
)
_TAGS = re.compile(r"<[^>]*>|&nbsp;|&zwnj;|\{%.*?%\}", re.DOTALL)
BRACES = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
OTHER_BRACES = re.compile(r"(?<!\{)\{\s?(?:lead|rep|campaign|sender)\.|\*\|[A-Z_]+\|\*")


def ready(campaign: Campaign, content: Content) -> Compiled:
    """A content of a campaign as it is sent, in the campaign's language. It must be in order."""
    return compiled(content.subject, content.preheader, content.body, campaign.language)


def wrong_contents(campaign: Campaign, known: Known | None) -> Iterator[Problem]:
    """Every problem, with its place in the campaign."""
    sent = {step.send for step in campaign.steps if step.send is not None}
    for number, step in enumerate(campaign.steps):
        if step.send is not None and step.send not in campaign.contents:
            near = nearest(step.send, campaign.contents)
            said = f"There is no content {shown(step.send)} under `contents`. {near}"
            yield Problem(f"steps[{number}].send", said)
    attributes = None if known is None else known.get(ATTRIBUTES, {})
    for name, content in campaign.contents.items():
        place = f"contents.{name}"
        if name not in sent:
            said = "No step sends this. Name it in a `send`, or take it out."
            yield Problem(place, said)
        yield from _wrong_content(campaign, content, place, attributes)
        if campaign.purpose == "marketing" and not _lets_go(content.body):
            said = (
                "A marketing mail tells everybody how to get no more of them: link "
                "{{ unsubscribe_url }} in its body, with words, and not inside of an if."
            )
            yield Problem(f"{place}.body", said)


def _wrong_content(
    campaign: Campaign, content: Content, place: str, attributes: Collection[str] | None
) -> Iterator[Problem]:
    texts = {"subject": content.subject, "preheader": content.preheader, "body": content.body}
    for part, text in texts.items():
        if text is None:
            continue
        for fault in faults(text, attributes):
            where = f" (line {fault.line} of it)" if "\n" in text else ""
            yield Problem(f"{place}.{part}", f"{fault.problem}{where}")
        if part != "body" and "\n" in text.strip():
            yield Problem(f"{place}.{part}", "It is one line; a line break has no place in it.")
    if not faults(content.body, attributes):
        for line, said in _wrong_markup(campaign, content):
            yield Problem(f"{place}.body", f"{said} (line {line} of it)")
    for line in _single_braces(content.body):
        said = "Names stand in two braces each side, such as {{ campaign.name }}"
        yield Problem(f"{place}.body", f"{said}. (line {line} of it)")
    for line, link in links(content.body):
        problem = _wrong_link(link)
        if problem is not None:
            yield Problem(f"{place}.body", f"{problem} (line {line} of it)")


def _wrong_markup(campaign: Campaign, content: Content) -> Iterator[tuple[int, str]]:
    try:
        ready(campaign, content)
    except MarkupInvalid as error:
        for fault in error.faults:
            yield fault.line, fault.problem


def _lets_go(body: str) -> bool:
    """Whether everybody who gets it sees a link by which they get no more: with words, not hidden,
    and not only where something is known of them; taken for so where it is unclear."""
    if faults(body):
        return True
    shown = _HIDDEN.sub("", _for_everybody(body))
    return any(_TAGS.sub("", found[2]).strip() for found in _WAY_OUT.finditer(shown))


def _for_everybody(body: str) -> str:
    """Without what stands between an ``if`` and its end."""
    while (shorter := _CONDITIONAL.sub("", body)) != body:
        body = shorter
    return body


def _single_braces(body: str) -> list[int]:
    """The lines in which a name stands as other programs write it, and would be sent as it is."""
    lines = enumerate(body.splitlines(), start=1)
    return [number for number, line in lines if OTHER_BRACES.search(line) is not None]


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "href":
                self.found.append((self.getpos()[0], (value or "").strip()))


def links(body: str) -> list[tuple[int, str]]:
    """Each link of a body, with its line, from 1."""
    try:
        words = marked(body)
    except TemplateSyntaxError:
        # Said of the whole body; its links are read as far as they can be.
        words = Marked(body, ())
    parser = _Links()
    parser.feed(words.text)
    parser.close()
    return [(line, words.restored(link)) for line, link in parser.found]


def _wrong_link(link: str) -> str | None:
    """What is wrong with where a link leads; None where nothing is."""
    if link.startswith("{{") and link.endswith("}}"):
        # Of names that we fill with addresses; those of attributes are as they are stored.
        inner = link[2:-2].strip()
        return None if inner.endswith("_url") else f"{inner} is no address that Leadflow fills."
    if not link:
        return "A link leads nowhere: write its address."
    # Blanks between braces are no part of the address.
    address = BRACES.sub(lambda found: "".join(found[0].split()), link)
    if any(letter.isspace() for letter in address):
        return f"The link {shown(link)} has a blank in it; write %20 for one."
    try:
        parts = urlsplit(address)
    except ValueError:
        return f"The link {shown(link)} cannot be read."
    if not parts.scheme:
        return f"The link {shown(link)} has no scheme: write https://… in front."
    if parts.scheme.lower() not in SCHEMES:
        return f"{parts.scheme} is no scheme for the link {shown(link)}: use https, mailto or tel."
    if parts.scheme.lower() in ("http", "https") and "." not in (parts.hostname or ""):
        return f"The link {shown(link)} names no host."
    return None
