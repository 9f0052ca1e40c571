"""A route that keeps a body and does nothing else: what a durable insert costs."""

from fastapi import FastAPI, Request, Response
from sqlalchemy import insert

from leadflow.database.engine import unit_of_work
from leadflow.database.ids import new_id
from leadflow.sources.tables import Delivery


def create_app() -> FastAPI:
    """Two addresses: ``/webhooks/crm`` inserts a row, ``/health`` says that it is up."""
    app = FastAPI()

    @app.post("/webhooks/crm", status_code=202)
    async def keep(request: Request) -> Response:
        body = await request.body()
        own = new_id("dlv")
        values = {"id": own, "source": "bare", "delivery_id": own, "body_hash": "", "body": body}
        with unit_of_work() as session:
            session.execute(insert(Delivery).values(values))
        return Response(status_code=202)

    @app.get("/health")
    def health() -> dict[str, dict[str, dict[str, str]]]:
        return {"parts": {"model": {"status": "ok"}}}

    return app
