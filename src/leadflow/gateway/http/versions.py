"""Tags of what is read (ETag), by which an edit is made of exactly what was seen (If-Match), and
what is known already is not sent again (If-None-Match). RFC 9110, 8.8.3 and 13.

A tag is the version of what can be edited and a hash of the whole answer, as in ``"7-1f0c…"``. What
stands beside a thing, such as a lead's score, changes without anybody's edit: so the whole tag
tells whether an answer is known, and its first part whether an edit is of what was seen.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute
from pydantic_core import to_json

from leadflow.gateway.http.bounds.asked import Exact, Handler, exactly
from leadflow.gateway.http.problem import TITLES, Problem

VERSION, ANY = "leadflow.version", "*"
HEX = 16
CHANGED = (
    "It has changed since you read it, and nothing was stored. Read it and edit it as it is now."
)
THERE = "There is one already, and nothing was stored. Read it, and edit it as it is."
ONLY_NEW = "`*`: only where there is nothing yet; else 412 and nothing is stored."
DESCRIBED = "The ETag it was read with: where it has changed since, 412 and nothing is stored."


def version_of(said: Any) -> str:
    """The version of what has none of its own: a hash of all that can be edited of it."""
    return sha256(to_json(said)).hexdigest()[:HEX]


def say_version(request: Request, version: str | int) -> None:
    """Have the answer carry the version of what it shows."""
    request.scope[VERSION] = str(version)


@dataclass(frozen=True)
class Seen:
    """The versions of a thing that an edit may be of; None: of whatever there is. ``unless``: those
    that it may not be of."""

    versions: frozenset[str] | None
    unless: frozenset[str] = frozenset()

    @property
    def is_of_any(self) -> bool:
        """Whether the edit is of whatever there is."""
        return self.versions is None and not self.unless

    def allows(self, version: str | int | None) -> bool:
        """Whether the edit is of this version; ``version`` None: there is nothing yet."""
        if version is not None and self.unless & {str(version), ANY}:
            return False
        if self.versions is None:
            return True
        return version is not None and bool(self.versions & {str(version), ANY})

    def check(self, version: str | int | None) -> None:
        """Call it in the transaction that edits, after the lock that keeps others from editing.

        Raises:
            Problem: 412, the edit is of another version.
        """
        if not self.allows(version):
            raise Problem(412, *TITLES[412], THERE if ANY in self.unless else CHANGED)


def _seen(
    if_match: Annotated[str | None, Header(description=DESCRIBED)] = None,
    if_none_match: Annotated[str | None, Header(description=ONLY_NEW)] = None,
) -> Seen:
    versions = None if if_match is None else _versions(if_match)
    return Seen(versions, frozenset() if if_none_match is None else _versions(if_none_match))


def _versions(tags: str) -> frozenset[str]:
    # A weak tag matches nothing: no tag of ours is one.
    said = [tag.strip() for tag in tags.split(",")]
    return frozenset(tag.strip('"').partition("-")[0] for tag in said if tag[:2] != "W/")


IfMatch = Annotated[Seen, Depends(_seen)]


class Tagged(Exact):
    """A route whose GET answers with a tag, and 304 where the caller has that already."""

    def ordinary_handler(self) -> Handler:
        """How a request is answered."""
        return APIRoute.get_route_handler(self)

    def get_route_handler(self) -> Handler:
        """The handler of this route, as FastAPI asks for it."""
        ordinary = exactly(self, self.ordinary_handler())

        async def handle(request: Request) -> Response:
            answer = await ordinary(request)
            return answer if answer.status_code != 200 else _tagged(request, answer)

        return handle if self.methods is not None and "GET" in self.methods else ordinary


def _tagged(request: Request, answer: Response) -> Response:
    whole = sha256(answer.body).hexdigest()[:HEX]
    version = request.scope.get(VERSION)
    tag = f'"{whole}"' if version is None else f'"{version}-{whole}"'
    known = request.headers.get("if-none-match", "")
    if known.strip() == ANY or tag in (one.strip().removeprefix("W/") for one in known.split(",")):
        answer = Response(status_code=304)
    answer.headers["ETag"] = tag
    return answer
