"""An upload looked at before it is imported: what its first rows would become, which would be set
aside and why. Nothing is stored of leads."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadflow.intake.too_many_set_aside import too_many
from leadflow.leads.files.checking import Checked, check
from leadflow.leads.files.decimal_marks import with_decimal_mark
from leadflow.leads.files.formats.reading import is_csv, open_table
from leadflow.leads.files.formats.tables_of_text import Row
from leadflow.leads.files.mapping import Mapping, parse_mapping
from leadflow.leads.files.mapping_parts import ROW
from leadflow.leads.files.parsing import Context
from leadflow.leads.files.repeated_rows import leads_in, repeats_told
from leadflow.uploads.mappings import of_upload
from leadflow.uploads.parts import UnitOfWork, laid_out
from leadflow.uploads.service import at_rest, get
from leadflow.uploads.tables import Upload

if TYPE_CHECKING:
    import pandas as pd

# As many as one batch of an import has.
LOOKED_AT = 20_000
SHOWN, SAMPLES, FEW, LONGEST = 20, 20, 12, 200
MONEY = {"budget": "budget_currency", "value": "value_currency"}
# What a row is read into that people need not see, or see beside what it belongs to.
UNSHOWN = frozenset(
    {
        "row_number",
        "said_at",
        "dated",
        "still_open",
        "email_kind",
        "phone_said",
        "country_said",
        "currency_said",
        "timeline_months",
        "attributes",
        *MONEY.values(),
    }
)


@dataclass(frozen=True)
class Ahead:
    """What would become of the first rows of a file.

    ``rows`` were looked at, of which ``set_aside`` would be, for these ``reasons``; ``too_many``:
    the import would stop at them. ``shown`` are the first rows that would be taken, what is read by
    its name as text; ``failing`` the first that would not, with their number, the reasons and what
    stands there. ``samples`` are a few values of each column, and ``few`` all of those that have
    few. ``repeats``: that several of the rows that would be taken are of one lead, and what happens
    with them. ``no_preview``: why the rows could not be held against the mapping.
    """

    rows: int = 0
    set_aside: int = 0
    too_many: bool = False
    reasons: list[tuple[str, int]] = field(default_factory=list)
    shown: list[dict[str, str]] = field(default_factory=list)
    failing: list[dict[str, Any]] = field(default_factory=list)
    samples: dict[str, list[str]] = field(default_factory=dict)
    few: dict[str, list[str]] = field(default_factory=dict)
    no_preview: str = ""
    repeats: str | None = None


def kept_of(upload: Upload) -> Ahead | None:
    """What was found when it was last looked at by the mapping that it has; None: it was not."""
    kept = (upload.proposal or {}).get("ahead")
    return None if kept is None else Ahead(**kept)


def look_ahead(unit_of_work: UnitOfWork, upload_id: str, currency: str, now: datetime) -> Ahead:
    """Look at the first rows of an upload, and keep with it what was found.

    Args:
        currency: of sums that say none.

    Raises:
        NoSuchImport, ImportElsewhere: there is none, or it is imported already.
        UnreadableFile: the file cannot be read as the mapping says.
    """
    with unit_of_work() as session:
        upload = get(session, upload_id)
        said = of_upload(upload)
    with laid_out(upload, unit_of_work) as path:
        found = first_rows(path, parse_mapping(said.mapping), currency, now)
    with unit_of_work() as session:
        upload = at_rest(session, upload_id)
        if of_upload(upload).mapping == said.mapping:
            upload.proposal = (upload.proposal or {}) | {"ahead": asdict(found)}
    return found


def first_rows(path: Path, mapping: Mapping, currency: str, now: datetime) -> Ahead:
    """What would become of the first rows of this file.

    Raises:
        UnreadableFile: it cannot be read as the mapping says.
    """
    table = open_table(path, mapping.csv)
    rows = list(islice(table.rows, LOOKED_AT))
    samples, few = _values(table.columns, rows)
    try:
        if is_csv(path):
            mapping, _ = with_decimal_mark(mapping, iter(rows))
    except ValueError as error:
        return Ahead(rows=len(rows), samples=samples, few=few, no_preview=str(error))
    checked = check(rows, range(len(rows)), mapping, Context("preview", now, currency, now))
    reasons = Counter(
        f"{reason['field']} {reason['rule']}"
        for said in checked.failing.values()
        for reason in said
    )
    return Ahead(
        rows=len(rows),
        set_aside=len(checked.failing),
        too_many=too_many(len(rows), len(checked.failing)),
        reasons=reasons.most_common(),
        shown=[as_read(one) for one in checked.good.head(SHOWN).to_dict("records")],
        failing=list(islice(_failing(checked, rows, mapping), SHOWN)),
        samples=samples,
        few=few,
        repeats=_repeats(checked.good, mapping),
    )


def _repeats(good: "pd.DataFrame", mapping: Mapping) -> str | None:
    """What is said of rows of one lead, where something in the file tells leads apart."""
    if mapping.key == ROW and "email" not in mapping.fields:
        return None
    none = [None] * len(good)
    keys = none if mapping.key in (None, ROW) else good["external_id"].tolist()
    emails = good["email"].tolist() if "email" in good else none
    said = ((_or_none(key), _or_none(email)) for key, email in zip(keys, emails, strict=True))
    return repeats_told(len(good), leads_in(said), "that can be imported")


def _or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def as_read(row: dict[Any, Any]) -> dict[str, str]:
    """What was read of a row, by the names of fields and attributes, without what it does not
    say."""
    found = {}
    for name, value in row.items():
        if name in UNSHOWN or "|" in name or _is_nothing(value):
            continue
        unit = row.get(MONEY.get(name, ""))
        found[name] = f"{_sum(value)} {unit}" if isinstance(unit, str) else _text(value)
    for name, value in json.loads(row["attributes"]).items():
        found[f"attributes.{name}"] = _text(value)
    return found


def _values(
    columns: Sequence[str], rows: Sequence[Row]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    samples, few = {}, {}
    for column in columns:
        different = dict.fromkeys(filter(None, ((row.get(column) or "").strip() for row in rows)))
        samples[column] = [value[:LONGEST] for value in islice(different, SAMPLES)]
        if len(different) <= FEW and all(len(value) <= LONGEST for value in different):
            few[column] = list(different)
    return samples, few


def _failing(checked: Checked, rows: Sequence[Row], mapping: Mapping) -> Iterator[dict[str, Any]]:
    at = dict(mapping.named_columns())
    for place, reasons in checked.failing.items():
        columns = {at[one["field"]] for one in _fields(reasons, at)}
        said = {column: (rows[place].get(column) or "")[:LONGEST] for column in sorted(columns)}
        yield {"row": place + 1, "reasons": reasons, "said": said}


def _fields(reasons: Sequence[Any], at: dict[str, str]) -> Iterator[dict[str, str]]:
    """The reasons of which it can be said in which column they lie."""
    for one in reasons:
        for name in (one["field"], f"fields.{one['field']}", f"{one['field']}.column"):
            if name in at:
                yield {"field": name}
                break


def _is_nothing(value: Any) -> bool:
    return value is None or value != value or value == ""


def _sum(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() else f"{value:,}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}" if value.hour or value.minute else f"{value:%Y-%m-%d}"
    return str(value)[:LONGEST]
