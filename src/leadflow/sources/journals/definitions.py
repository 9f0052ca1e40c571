"""A journal as a company writes it down: where it is asked, and where in it what stands."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from leadflow.conditions.problems import listed
from leadflow.leads.files.mapping_parts import Duration, Moment
from leadflow.outward.addresses import LONGEST_URL, UrlRefused, check_form
from leadflow.sources.definition_parts import Header, Part, Path_

# A GraphQL text has spaces within its braces, so that it stays as it is.
PLACEHOLDER = re.compile(r"\{([A-Za-z_]+)\}")
SINCE, UNTIL, PAGE = "since", "until", "page"
PLACEHOLDERS = (
    *(f"{name}{form}" for name in (SINCE, UNTIL) for form in ("", "_seconds", "_ms")),
    PAGE,
)
OURS = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "content-type", "expect", "host"}
    | {"keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "user-agent"}
)
DAY = timedelta(days=1)
BOUNDS = {
    "every": (timedelta(seconds=5), DAY, "5s to 1d"),
    "overlap": (timedelta(seconds=1), 7 * DAY, "1s to 7d"),
    "lag": (timedelta(0), DAY, "0s to 1d"),
}


class Authorization(Part):
    """The header that carries the source's secret, and what stands before it there."""

    header: Header = "Authorization"
    prefix: Annotated[str, StringConstraints(pattern=r"^[ -~]{0,40}$")] | None = None

    @field_validator("header", mode="after")
    @classmethod
    def _not_ours(cls, given: str) -> str:
        if given.lower() in OURS:
            raise ValueError(f"{given} is written by Leadflow itself: name another header")
        return given

    def value(self, secret: str) -> str:
        """What stands in the header."""
        bearer = "Bearer " if self.header.lower() == "authorization" else ""
        return f"{bearer if self.prefix is None else self.prefix}{secret}"


class Journal(Part):
    """A journal that is read with GET, or with POST and a body of JSON.

    ``items``, ``id``, ``time`` and ``next`` are paths: to the list in an answer, to the id and the
    moment in an item, to what leads to the next page. ``begin`` None: when it was added.
    """

    url: Annotated[str, StringConstraints(max_length=LONGEST_URL)]
    method: Literal["GET", "POST"] = "GET"
    query: dict[str, Annotated[str, StringConstraints(max_length=2000)]] = Field(
        default_factory=dict, max_length=50
    )
    body: Annotated[str, StringConstraints(max_length=20_000)] | None = None
    authorization: Authorization = Authorization()
    items: Path_
    id: Path_
    time: Path_
    next: Path_ | None = None
    every: Duration = timedelta(minutes=1)
    overlap: Duration = timedelta(minutes=5)
    lag: Duration = timedelta(seconds=30)
    begin: Moment | None = None

    @field_validator("url", mode="after")
    @classmethod
    def _can_be_asked(cls, given: str) -> str:
        try:
            check_form(given)
        except UrlRefused as error:
            raise ValueError(str(error)) from error
        if PLACEHOLDER.search(given):
            raise ValueError("placeholders stand in `query` or `body`, not in the url")
        return given

    @field_validator("every", "overlap", "lag", mode="after")
    @classmethod
    def _within_bounds(cls, given: timedelta, info: Any) -> timedelta:
        least, most, said = BOUNDS[info.field_name]
        if not least <= given <= most:
            raise ValueError(f"write {said}")
        return given

    @field_validator("query", mode="after")
    @classmethod
    def _known_in_query(cls, given: dict[str, str]) -> dict[str, str]:
        _refuse_unknown(" ".join(given.values()))
        return given

    @field_validator("body", mode="after")
    @classmethod
    def _json_with_known(cls, given: str | None) -> str | None:
        if given is not None:
            try:
                json.loads(given)
            except (ValueError, RecursionError) as error:
                raise ValueError(f"write JSON as a text: {error}") from None
            _refuse_unknown(given)
        return given

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.body is not None and self.method == "GET":
            raise ValueError("a body goes with `method: POST`")
        if self.asks_by_token and self.next is None:
            raise ValueError("{page} is filled from `next`: say at which path it stands")
        return self

    @property
    def asks_by_token(self) -> bool:
        """Whether ``next`` leads to a token, which {page} is filled with; else it is a URL."""
        return f"{{{PAGE}}}" in " ".join([*self.query.values(), self.body or ""])

    def paths(self) -> Iterator[tuple[str, str]]:
        """Every path, with where it stands."""
        for name in ("items", "id", "time", "next"):
            if (path := getattr(self, name)) is not None:
                yield name, path


def same_origin(one: str, other: str) -> bool:
    """Whether two URLs are of one scheme, host and port.

    Raises:
        UrlRefused: one is no URL that can be asked.
    """
    first, second = check_form(one), check_form(other)
    return (first.scheme, first.host, first.port) == (second.scheme, second.host, second.port)


def _refuse_unknown(text: str) -> None:
    for name in PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            known = listed(f"{{{one}}}" for one in PLACEHOLDERS)
            raise ValueError(f"there is no {{{name}}}: write {known}")
