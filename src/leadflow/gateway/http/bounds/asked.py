"""What a request may say besides its body's content: parameters that its address names, each as
often as it is meant, and a body of a kind that is taken. What nobody would look at is refused."""

from collections.abc import Callable, Coroutine, Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.params import Form
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from leadflow.conditions.problems import nearest
from leadflow.gateway.http.bounds.json_bodies import (
    LONGEST_NAME,
    SAID_TWICE,
    ReadRequest,
    read_json,
)
from leadflow.gateway.http.problem import TITLES, Problem
from leadflow.gateway.http.security import refuse_who_may_not

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
JSON = "application/json"
LISTS = (list, set, frozenset, tuple)


class Exact(APIRoute):
    """A route that refuses what it would not look at."""

    def get_route_handler(self) -> Handler:
        """The handler of this route, as FastAPI asks for it."""
        return exactly(self, super().get_route_handler())


def exactly(route: APIRoute, ordinary: Handler) -> Handler:
    """The handler of a route, behind a look at what is asked of it."""
    parameters = dict(_parameters(route.dependant))
    body = route.body_field
    takes_json = body is not None and not isinstance(body.field_info, Form)

    async def handle(request: Request) -> Response:
        try:
            _see_parameters(request, parameters)
            await _see_kind_of_body(request, takes_json)
            if takes_json:
                request = await _read(request)
        except (RequestValidationError, Problem):
            # Whoever may not ask this is told that, and not how to ask it.
            await refuse_who_may_not(request, route.dependant)
            raise
        return await ordinary(request)

    return handle


def _parameters(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """The parameters that an address takes, wherever among its dependencies they are named, and
    whether each may be said more than once."""
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for name, one in kind.model_fields.items():
                yield one.alias or name, _is_list(one.annotation)
        else:
            yield field.alias, _is_list(kind)
    for inner in dependant.dependencies:
        yield from _parameters(inner)


def _is_list(kind: Any) -> bool:
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return any(map(_is_list, get_args(kind)))
    return _is_list(get_args(kind)[0]) if origin is Annotated else (origin or kind) in LISTS


def _see_parameters(request: Request, known: dict[str, bool]) -> None:
    if not request.scope["query_string"]:
        return
    said = [name for name, _ in request.query_params.multi_items()]
    faults = []
    for name in dict.fromkeys(said):
        if name not in known:
            near = nearest(name, known) if known else "It takes none."
            faults.append((name, f"this address takes no such parameter. {near}"))
        elif said.count(name) > 1 and not known[name]:
            faults.append((name, SAID_TWICE))
    if faults:
        wrong = [
            {"type": "parameter", "loc": ("query", name[:LONGEST_NAME]), "msg": why}
            for name, why in faults
        ]
        raise RequestValidationError(wrong)


async def _see_kind_of_body(request: Request, takes_json: bool) -> None:
    if request.headers.get("content-encoding", "identity") != "identity":
        how = "A body is taken as it is, not compressed: send it without Content-Encoding."
        raise Problem(415, *TITLES[415], how)
    if takes_json and not _says_json(request) and await request.body():
        how = f"Send the body as JSON, with the header Content-Type: {JSON}."
        raise Problem(415, *TITLES[415], how)


async def _read(request: Request) -> Request:
    """The request with the values of its body; as it is, where it has none or is no JSON, which is
    FastAPI's to say."""
    try:
        body = await request.body()
        return ReadRequest(request, body, read_json(body)) if body else request
    except RequestValidationError:
        raise
    except (ValueError, RecursionError, ClientDisconnect):
        return request


def _says_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == JSON or (kind.startswith("application/") and kind.endswith("+json"))
