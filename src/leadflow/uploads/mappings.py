"""What the columns of an uploaded file mean: as it is proposed, and as somebody says."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from leadflow.accounts.actors import Actor
from leadflow.audit import service as audit
from leadflow.conditions.problems import Problem
from leadflow.leads.files.columns_meant import columns_meant
from leadflow.leads.files.mapped_attributes import register_mapped
from leadflow.leads.files.mapped_file import not_used, opened
from leadflow.leads.files.mapping import Mapping, MappingInvalid, parse_mapping
from leadflow.uploads.parts import UnitOfWork, laid_out
from leadflow.uploads.service import at_rest
from leadflow.uploads.tables import Upload

JOINED = (
    "look-up files cannot be sent along. Join the tables before you send the file, or import it on "
    "the machine: leadflow import FILE --mapping MAPPING"
)


@dataclass(frozen=True)
class Said:
    """The mapping that an import goes by, with a line for each column and what people should know:
    ``first`` what they should look at before all else, ``repeats`` that several rows are of one
    lead. ``confirmed``: somebody sent it; else it is proposed, with what only they can answer.
    ``not_used``: columns that a mapping which was sent just now leaves out without a word."""

    mapping: dict[str, Any]
    confirmed: bool
    columns: list[dict[str, str]]
    notes: list[str]
    questions: list[str]
    not_used: list[str]
    first: list[str]
    repeats: str | None


def of_upload(upload: Upload, unused: list[str] | None = None) -> Said:
    """The mapping of an upload."""
    proposal = upload.proposal or {}
    confirmed = upload.mapping is not None
    return Said(
        mapping=(upload.mapping if confirmed else proposal.get("mapping")) or {},
        confirmed=confirmed,
        columns=proposal.get("columns", []),
        notes=proposal.get("notes", []),
        questions=[] if confirmed else proposal.get("questions", []),
        not_used=unused or [],
        first=[] if confirmed else proposal.get("first", []),
        repeats=None if confirmed else proposal.get("repeats"),
    )


def say(
    unit_of_work: UnitOfWork,
    import_id: str,
    content: dict[str, Any],
    caller: Actor,
    now: datetime,
) -> Said:
    """Keep the mapping that an upload is imported by, checked against the file as ``leadflow
    import`` does; the source that was said with the file counts for more than the mapping's, and
    the encoding where the mapping says none.

    Raises:
        NoSuchImport, ImportElsewhere: there is none, or it is imported already.
        MappingError: it cannot be used, or not for this file.
        UnreadableFile: the file cannot be read in the way that it says.
    """
    with unit_of_work() as session:
        upload = at_rest(session, import_id)
    named = {"source": upload.source} if upload.source else {}
    mapping = _with_encoding(_read(content | named), upload.said_encoding)
    with laid_out(upload, unit_of_work) as path:
        _, columns, _, said = opened(path, mapping)
    with unit_of_work() as session:
        with session.begin_nested() as tried:
            register_mapped(session, mapping)
            session.flush()
            tried.rollback()
        upload = at_rest(session, import_id)
        upload.mapping = mapping.model_dump(mode="json")
        # What was proposed for the columns, and seen ahead by it, counts no longer.
        meant = [asdict(one) for one in columns_meant(mapping, columns)]
        kept = {name: one for name, one in (upload.proposal or {}).items() if name != "ahead"}
        upload.proposal = kept | {"columns": meant, "notes": list(said)}
        told = {"columns": len(columns)}
        audit.record(session, caller.id, "import.mapped", upload.id, told)
    return of_upload(upload, not_used(mapping, columns))


def _with_encoding(mapping: Mapping, encoding: str | None) -> Mapping:
    if mapping.csv.encoding is not None or encoding is None:
        return mapping
    csv = mapping.csv.model_copy(update={"encoding": encoding})
    return mapping.model_copy(update={"csv": csv})


def _read(content: dict[str, Any]) -> Mapping:
    mapping = parse_mapping(content)
    if mapping.joins:
        raise MappingInvalid("The mapping cannot be used:", [Problem("joins", JOINED)])
    return mapping
