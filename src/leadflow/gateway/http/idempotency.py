"""The header that makes a request safe to send again: it is taken once, and answered the same."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import sha256
from inspect import iscoroutinefunction, signature
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, TypeAdapter

from leadflow.accounts.actors import Actor
from leadflow.database.engine import joining, unit_of_work, was_whole
from leadflow.gateway.http.bounds.asked import Handler
from leadflow.gateway.http.limits import limited, within_limits
from leadflow.gateway.http.problem import Problem
from leadflow.gateway.http.request_log import CALLER
from leadflow.gateway.http.versions import Tagged
from leadflow.intake.keyed_requests import Answer, AnsweredBefore, KeyedBatch, KeyedRequest

HEADER, LONGEST = "Idempotency-Key", 200
REPLAYED = {"Idempotent-Replay": "true"}
DESCRIBED = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST},
    "description": (
        "Any text of yours. A request that is sent again under the same key within 30 days is "
        "taken once and answered the same, with `Idempotent-Replay: true`."
    ),
}
# With which an answer says that nobody is to keep it: a password, a key.
SHOWN_ONCE = {"Cache-Control": "no-store"}
Said = Callable[[Any], Answer]


@dataclass(frozen=True)
class Sent:
    """A request with a key: its key, its address and its body, and the route that takes it."""

    request: Request
    key: str
    said: str
    route: "Keyed"

    @staticmethod
    async def of(request: Request, key: str, route: "Keyed") -> "Sent":
        """The request; its body is read, as it is in any case."""
        body = sha256(await request.body()).hexdigest()
        address = f"{request.method} {request.url.path}?{request.url.query}"
        return Sent(request, key, f"{address}\n{body}", route)

    def by(self, caller: str, words: Said) -> KeyedRequest:
        """As what the intake takes once.

        Raises:
            RequestValidationError: the key is empty or too long.
        """
        if not 1 <= len(self.key) <= LONGEST:
            wrong = {
                "type": "string_too_short" if not self.key else "string_too_long",
                "loc": ("header", HEADER),
                "msg": f"A key has 1 to {LONGEST} characters",
                "ctx": {"min_length": 1, "max_length": LONGEST},
            }
            raise RequestValidationError([wrong])
        return KeyedRequest.of(caller, self.key, self.said, words)

    def taken(self, endpoint: Callable[[], Any], response: Response | None) -> Any:
        """Have an endpoint that opens units of work do what it does in one, with what it answers.

        Raises:
            AnsweredBefore, AnswerNotKept: it was taken at an earlier time.
            KeyReused, StillAtWork: the key is another request's, or this one is at work.
        """
        keyed = self.by(self.request.scope[CALLER], lambda answer: answer)
        refusal: Problem | None = None
        with unit_of_work() as session:
            batch = KeyedBatch(session, [keyed])
            if not batch.fresh:
                [known] = batch.answers({})
                raise known
            try:
                with joining(session):
                    came_of = endpoint()
                batch.answers({0: self.route.answer(came_of, response)})
            except Problem as error:
                # Raised after what it writes down of itself: that is kept, and the key is free.
                if not was_whole(session):
                    raise
                batch.answers({0: error})
                refusal = error
        if refusal is not None:
            raise refusal
        return came_of


_sent: ContextVar[Sent | None] = ContextVar("sent", default=None)


def keyed(caller: Actor, words: Said) -> KeyedRequest | None:
    """The request that is answered, for an endpoint that has it gathered with others; None where it
    has no key. ``words``: what is answered to what has come of it."""
    sent = _sent.get()
    return None if sent is None else sent.by(caller.id, words)


def written(model: BaseModel, status: int = 200) -> Answer:
    """An answer as it is sent, and kept where the request has a key."""
    return Answer(status, model.model_dump_json())


def response_of(answer: Answer, headers: dict[str, str] | None = None) -> Response:
    """The answer to a request."""
    # Written out already: to have it checked against its class again takes a fifth more time.
    kind = "application/json" if answer.body else None
    return Response(answer.body, answer.status, headers, kind)


class Keyed(Tagged):
    """A route whose POST is taken once under one key. An endpoint that takes the ``intake`` keeps
    its answer in the unit of work of its batch (``keyed``); those that open units of work need do
    nothing: all that they do is one, with what they answer."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **said: Any) -> None:
        self.keyed = "POST" in (said.get("methods") or ())
        if self.keyed:
            extra = said.get("openapi_extra") or {}
            said["openapi_extra"] = extra | {"parameters": [DESCRIBED]}
            if "intake" not in signature(endpoint).parameters:
                endpoint = _in_one_unit(endpoint)
        super().__init__(path, endpoint, **said)

    def get_route_handler(self) -> Handler:
        """The handler of this route, as FastAPI asks for it."""
        ordinary = super().get_route_handler()

        async def handle(request: Request) -> Response:
            key = request.headers.get(HEADER)
            if key is None:
                return await ordinary(request)
            before = _sent.set(await Sent.of(request, key, self))
            try:
                return await ordinary(request)
            except AnsweredBefore as known:
                return response_of(known.answer, REPLAYED)
            finally:
                _sent.reset(before)

        return handle if self.keyed else ordinary

    def answer(self, came_of: Any, response: Response | None) -> Answer:
        """What is answered where an endpoint returns this, as FastAPI writes it."""
        status = (response.status_code if response is not None else None) or self.status_code or 200
        said = {} if response is None else response.headers
        once = all(said.get(name) == value for name, value in SHOWN_ONCE.items())
        if self.response_field is None:
            return Answer(status, "", once)
        kind: TypeAdapter[Any] = TypeAdapter(self.response_model)
        value = kind.validate_python(came_of, from_attributes=True)
        return Answer(status, kind.dump_json(value, by_alias=True).decode(), once)


def _in_one_unit(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """The endpoint; where the request has a key, in the unit of work that keeps its answer."""
    where, route = within_limits(endpoint)
    if iscoroutinefunction(route):
        raise TypeError(f"{route.__name__} opens units of work in a thread, or takes the intake.")

    def run(**named: Any) -> Any:
        sent = _sent.get()
        if sent is None:
            return route(**named)
        return sent.taken(lambda: route(**named), named.get("response"))

    run.__name__, run.__doc__, run.__module__ = route.__name__, route.__doc__, route.__module__
    run.__signature__ = signature(route)  # type: ignore[attr-defined]
    return run if where is None else limited(where)(run)
