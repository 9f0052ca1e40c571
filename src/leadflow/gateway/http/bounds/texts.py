"""Texts that cannot be stored: with a NUL character, or half of one (a lone surrogate)."""

import re

from fastapi import Response

from leadflow.gateway.http.problem import TITLES, problem

# As JSON writes them, behind an even number of backslashes: \u0000, a high surrogate that no low
# one follows, a low one that follows no high one.
JSON_NUL = re.compile(
    rb"(?<!\\)(?:\\\\)*+\\u(?:0000|d[89ab][0-9a-f]{2}(?!\\ud[c-f][0-9a-f]{2}))", re.IGNORECASE
)
JSON_LOW = re.compile(rb"\\ud[c-f][0-9a-f]{2}", re.IGNORECASE)
JSON_PAIR = re.compile(rb"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}", re.IGNORECASE)
SAID = "A text must not hold a NUL character, or half a character (a lone surrogate)"


def unreadable(body: bytes | bytearray, form: bool) -> Response | None:
    """The answer to a body with such a text in it, written as JSON or as a form."""
    at = _in_form(body) if form else _in_json(body)
    return None if at is None else problem(422, *TITLES[422], f"{SAID}; see character {at}.")


def _in_form(body: bytes | bytearray) -> int | None:
    at = max(body.find(b"%00"), body.find(b"\x00"))
    return None if at < 0 else at


def _in_json(body: bytes | bytearray) -> int | None:
    if b"\\u" not in body:
        return None
    found = JSON_NUL.search(body)
    if found is not None:
        return found.start()
    lows = list(JSON_LOW.finditer(body))
    pairs = {pair.end() for pair in JSON_PAIR.finditer(body)} if lows else set()
    return next((low.start() for low in lows if low.end() not in pairs), None)
