"""The short way of ordinary requests to a route that carries the load."""

from collections.abc import Awaitable, Callable
from inspect import signature

from fastapi import Request, Response
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from leadflow.gateway.http.bounds.asked import JSON, Handler
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.permissions import permission_of
from leadflow.gateway.http.security import caller_at_once

TAKEN = {"body", "intake", "caller"}


class ShortWay(Keyed):
    """A route whose ordinary requests are answered without FastAPI's walk through dependencies and
    parameters, which takes longer than to score a lead. Whatever is not ordinary (a person, a key
    that was not looked up in the last second, a body that is not right) goes FastAPI's way, so that
    each refusal is worded in one place.

    Its endpoint takes ``body`` (a pydantic model), ``intake`` and ``caller``, and nothing else that
    FastAPI would look at: that would be skipped.
    """

    def ordinary_handler(self) -> Handler:
        """How a request is answered, with or without a key."""
        long_way = super().ordinary_handler()
        endpoint: Callable[..., Awaitable[Response]] = self.endpoint
        permission, taken = permission_of(self), signature(endpoint).parameters
        if permission is None or self.dependencies or set(taken) != TAKEN:
            raise TypeError(f"{self.path} has no short way: see what its endpoint may take.")
        model: type[BaseModel] = taken["body"].annotation

        async def handle(request: Request) -> Response:
            headers = request.headers
            written_as = headers.get("content-type", "").partition(";")[0]
            if written_as != JSON:
                return await long_way(request)
            caller = caller_at_once(request, permission)
            if caller is None:
                return await long_way(request)
            try:
                # As FastAPI does, in two steps: pydantic alone reads some JSON in its own way.
                body = model.model_validate(await request.json())
            except (ValueError, RecursionError, ClientDisconnect):
                return await long_way(request)
            return await endpoint(body, request.app.state.intake, caller)

        return handle
