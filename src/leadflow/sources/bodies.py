"""Bodies of deliveries as values: JSON, forms, and XML with SOAP around it or not."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl
from xml.parsers.expat import ExpatError

import xmltodict

from leadflow.conditions.problems import Problem
from leadflow.conditions.storable import unstorable
from leadflow.sources.signatures.schemes import Format

DEEPEST = 50
MOST_DIGITS = 300
# So few lists and objects are never too deep.
PLAINLY = 100
MOST_FIELDS = 10_000
FORM = re.compile(rb"[^=&\s{\[\"<]{1,200}=")
SENT_AS_PARTS = "it is sent in parts (multipart/form-data); have it sent as JSON or as a plain form"


class BodyUnreadable(ValueError):
    """The body is not what the source says it is; the message says what is wrong."""


def begins_as(body: bytes, otherwise: Format) -> Format:
    """How a body is written, which its beginning tells: of XML ``<``, of JSON ``{``, ``[`` or a
    quote, none of which stands bare in a form."""
    start = body.lstrip()[:1]
    if start == b"<":
        return "xml"
    if start in (b"{", b"[", b'"') or not start:
        return "json" if start else otherwise
    if body.lstrip().startswith(b"--"):
        return otherwise
    return "form" if FORM.match(body) is not None else otherwise


def read_body(body: bytes, written_as: Format) -> Any:
    """The values of a body: of a form, each field's text, a list where it comes more than once; of
    XML, elements by name without their namespace, attributes as ``@name``, the text beside them as
    ``#text``.

    Raises:
        BodyUnreadable: it cannot be read.
    """
    try:
        if body.startswith(b"--") and b"form-data" in body[:1000]:
            raise ValueError(SENT_AS_PARTS)
        value = READERS[written_as](body)
    except (ValueError, RecursionError) as error:
        raise BodyUnreadable(f"The body is no {NAMES[written_as]}: {_said(error)}.") from error
    # To look at each value takes as long as all the rest: only where some may be unfit.
    doubtful = written_as != "json" or b"\\u" in body or _opened(body) > PLAINLY
    found: list[Problem] = unstorable(value) if doubtful else []
    if found:
        raise BodyUnreadable(f"The body cannot be used: {found[0].problem}")
    return value


def _opened(body: bytes) -> int:
    """How many lists and objects there are, and so how deep they can be."""
    return body.count(b"[") + body.count(b"{")


def _json(body: bytes) -> Any:
    return json.loads(
        body, object_pairs_hook=_once, parse_constant=_no_number, parse_int=_of_some_digits
    )


def _of_some_digits(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number has more than {MOST_DIGITS} digits")
    return int(digits)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key that stands twice says two things, and which of them holds cannot be known."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _form(body: bytes) -> Any:
    found: dict[str, Any] = {}
    pairs = parse_qsl(
        body.decode(), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=MOST_FIELDS
    )
    for name, value in pairs:
        if name in found:
            known = found[name]
            found[name] = [*known, value] if isinstance(known, list) else [known, value]
        else:
            found[name] = value
    return found


def _xml(body: bytes) -> Any:
    try:
        return _bare(xmltodict.parse(body, disable_entities=True))
    except ExpatError as error:
        raise ValueError(str(error)) from error


def _bare(value: Any, depth: int = 0) -> Any:
    if depth > DEEPEST:
        raise ValueError(f"elements stand more than {DEEPEST} deep in each other")
    if isinstance(value, dict):
        return {_local(name): _bare(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list):
        return [_bare(item, depth + 1) for item in value]
    return value


def _local(name: str) -> str:
    """The name without the prefix that a document chose for its namespace."""
    mark = "@" if name.startswith("@") else ""
    return mark + name.removeprefix("@").rpartition(":")[2]


def _said(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not written in UTF-8"
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error).rstrip(".")


READERS = {"json": _json, "form": _form, "xml": _xml}
NAMES = {"json": "JSON", "form": "form", "xml": "XML"}
