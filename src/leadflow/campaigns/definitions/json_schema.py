"""The published form of a file of campaigns, for editors that complete and check as one types."""

from typing import Any

from leadflow.campaigns.definitions.schemas import CampaignFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """A JSON schema of files of campaigns. What only the whole of a campaign shows, such as a step
    that nobody comes to, is found by the check alone."""
    made = CampaignFile.model_json_schema()
    return {"$schema": DIALECT, **made, "title": "Campaigns of Leadflow"}
