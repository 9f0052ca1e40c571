"""Asking a journal for a page."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from leadflow.outward.addresses import UrlRefused
from leadflow.outward.exchange import Answered, NoAnswer, Outward, Request
from leadflow.sources.journals.definitions import PAGE, PLACEHOLDER, Journal, same_origin
from leadflow.sources.journals.pages import Page, read_page
from leadflow.sources.journals.problems import ReadingFailed
from leadflow.sources.journals.progress import Read

MOST_BYTES = 16 * 1024 * 1024
LONGEST_PAUSE = timedelta(days=1)
LEFT_OUT = object()
NOTHING = 204
WORDS = {401: "secret_refused", 403: "secret_refused", 404: "not_there", 410: "not_there"}
# What a server says to a page that it has forgotten.
FORGOTTEN = frozenset({400, 404, 409, 410, 422})


def ask_page(
    outward: Outward, journal: Journal, secret: str | None, read: Read, now: datetime
) -> Page:
    """The next page of a read.

    Raises:
        ReadingFailed: there is none.
    """
    if secret is None:
        raise ReadingFailed("no_secret")
    try:
        answered = outward.ask(request_for(journal, secret, read), MOST_BYTES)
    except NoAnswer as error:
        raise ReadingFailed(error.word) from None
    if answered.status == NOTHING:
        return Page((), None)
    _refuse(answered, read, now)
    return read_page(journal, answered.body, now)


def request_for(journal: Journal, secret: str, read: Read) -> Request:
    """What is asked for the next page. Where it has a URL of its own, that is asked as it stands.

    Raises:
        ReadingFailed: that URL is on another host, or is none.
    """
    values = _values(read)
    url = httpx.URL(journal.url)
    if read.page is not None and not journal.asks_by_token:
        url = _next_url(journal, read.page)
    else:
        filled = {name: _filled(text, values) for name, text in journal.query.items()}
        url = url.copy_merge_params({k: v for k, v in filled.items() if v is not LEFT_OUT})
    content = b""
    headers = [
        ("Accept", "application/json"),
        ("Accept-Encoding", "identity"),
        (journal.authorization.header, journal.authorization.value(secret)),
    ]
    if journal.method == "POST":
        asked = _filled(json.loads(journal.body or "{}"), values)
        content = json.dumps(asked).encode()
        headers.append(("Content-Type", "application/json"))
    return Request(journal.method, str(url), headers, content, plain=False)


def _next_url(journal: Journal, page: str) -> httpx.URL:
    try:
        url = httpx.URL(journal.url).join(page)
        if not same_origin(journal.url, str(url)):
            raise ReadingFailed("next_elsewhere")
    except (httpx.InvalidURL, UrlRefused, ValueError):
        raise ReadingFailed("bad_next") from None
    return url


def _values(read: Read) -> dict[str, str | None]:
    """What placeholders stand for. Fractions are cut off: it is asked rather from too early on."""
    values: dict[str, str | None] = {PAGE: read.page}
    for name, moment in (("since", read.since), ("until", read.until)):
        utc = moment.astimezone(UTC)
        milliseconds = (utc - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
        values[name] = utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        values[f"{name}_seconds"] = str(milliseconds // 1000)
        values[f"{name}_ms"] = str(milliseconds)
    return values


def _filled(value: Any, values: Mapping[str, str | None]) -> Any:
    """The value with placeholders filled. What names a page is left out where there is none yet."""
    if isinstance(value, dict):
        items = {key: _filled(one, values) for key, one in value.items()}
        return {key: one for key, one in items.items() if one is not LEFT_OUT}
    if isinstance(value, list):
        return [one for item in value if (one := _filled(item, values)) is not LEFT_OUT]
    if not isinstance(value, str):
        return value
    if any(values[name] is None for name in PLACEHOLDER.findall(value)):
        return LEFT_OUT
    return PLACEHOLDER.sub(lambda match: values[match[1]] or "", value)


def _refuse(answered: Answered, read: Read, now: datetime) -> None:
    """See that a page was answered.

    Raises:
        ReadingFailed: something else was.
    """
    status = answered.status
    if status == 200 and answered.ended == "whole":
        return
    if status == 200:
        raise ReadingFailed("too_large" if answered.ended == "long" else "broken_off", status)
    if read.page is not None and status in FORGOTTEN:
        raise ReadingFailed("page_gone", status)
    if status == 429:
        raise ReadingFailed("too_often", status, _pause(answered, now))
    if status >= 500:
        raise ReadingFailed("server_error", status, _pause(answered, now))
    if 300 <= status < 400:
        raise ReadingFailed("redirect", status)
    raise ReadingFailed(WORDS.get(status, "refused"), status)


def _pause(answered: Answered, now: datetime) -> timedelta | None:
    """How long it asks to be left alone, a day at most; None: it does not say."""
    said = answered.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", said):
        return min(timedelta(seconds=int(said)), LONGEST_PAUSE)
    try:
        until = parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return None
    until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
    return min(max(until - now, timedelta(0)), LONGEST_PAUSE)
