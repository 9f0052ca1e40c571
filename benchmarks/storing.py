"""The gateway's route for a lead, without the score: what is left is what storing costs."""

from datetime import UTC, datetime

from fastapi import FastAPI, Response

from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.leads.schemas import LeadOut
from leadflow.gateway.http.callers import CreatesLeads
from leadflow.leads.schemas import LeadIn
from leadflow.leads.upsert import upsert_lead


def create_app() -> FastAPI:
    """Two addresses: ``/leads`` stores, ``/health`` says that it is up."""
    app = FastAPI()

    @app.post("/leads", response_model=LeadOut)
    def store_lead(body: LeadIn, response: Response, caller: CreatesLeads) -> LeadOut:
        with unit_of_work() as session:
            lead, created = upsert_lead(session, body, datetime.now(UTC), mark=False)
            response.status_code = 201 if created else 200
            return LeadOut.of(lead)

    @app.get("/health")
    def health() -> dict[str, dict[str, dict[str, str]]]:
        return {"parts": {"model": {"status": "ok"}}}

    return app
