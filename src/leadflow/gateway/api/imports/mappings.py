"""What the columns of a file mean: as it is proposed, and as somebody says."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request

from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.imports.imports import ImportId
from leadflow.gateway.http.callers import WritesImports
from leadflow.gateway.http.limits import FILES, limited
from leadflow.gateway.http.versions import IfMatch, Tagged, say_version, version_of
from leadflow.uploads import mappings, service
from leadflow.uploads.schemas import MappingOut

router = APIRouter(prefix="/imports", tags=["imports"], route_class=Tagged)
EXAMPLE = {
    "source": "our_crm",
    "key": "contact_id",
    "fields": {"email": "E-Mail", "company_size": {"column": "Employees", "missing": ["-1"]}},
    "attributes": {"plan": {"column": "Plan", "kind": "categorical"}},
    "ignore": {"Call seconds": "Known only after the call."},
}
MappingIn = Annotated[
    dict[str, Any],
    Body(description="In the keys of a mapping's YAML: docs/mappings.md", examples=[EXAMPLE]),
]


@router.get("/{import_id}/mapping", response_model=MappingOut, summary="What do columns mean?")
def read_mapping(import_id: ImportId, request: Request, caller: WritesImports) -> MappingOut:
    """The mapping that was sent, else the proposal, with what each column is to become and why, and
    what only you can answer. It may quote the file."""
    with unit_of_work() as session:
        said = mappings.of_upload(service.get(session, import_id))
    say_version(request, version_of(said.mapping))
    return MappingOut.of(said)


@router.put("/{import_id}/mapping", response_model=MappingOut, summary="Say what columns mean")
@limited(FILES)
def write_mapping(
    import_id: ImportId, body: MappingIn, seen: IfMatch, caller: WritesImports
) -> MappingOut:
    """Before it is started, or once it has failed. It is held against the file: a key that there is
    not, a column that the file lacks, numbers that can be read either way are refused with their
    place (422 `mapping-invalid`). Look-up files (`joins`) cannot be sent along."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        seen.check(version_of(mappings.of_upload(service.get(session, import_id)).mapping))
    return MappingOut.of(mappings.say(unit_of_work, import_id, body, caller, now))
