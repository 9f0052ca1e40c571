"""What flows published, read from the Prefect server."""

from datetime import UTC, datetime

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

NEVER = datetime.min.replace(tzinfo=UTC)


def newest_artifact(key: str) -> str:
    """The data of the newest artifact with this key."""
    with get_client(sync_client=True) as client:
        wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
        found = client.read_artifacts(artifact_filter=wanted)
    return str(max(found, key=lambda artifact: artifact.created or NEVER).data)
