"""Proposing the column with a company's own number of each lead, and telling what repeats."""

from collections.abc import Sequence

from leadflow.leads.files.formats.tables_of_text import Row
from leadflow.leads.files.mapping_parts import ROW
from leadflow.leads.files.proposing import known_names as known
from leadflow.leads.files.proposing.draft import Draft
from leadflow.leads.files.proposing.profiling import Profile
from leadflow.leads.files.repeated_rows import leads_in, repeats_told

IDS = ("id", "uuid", "key")


def propose_key(draft: Draft, email: Profile | None) -> None:
    """Take the column with an id of each lead: by a name it often has, else by one that ends like
    one, where all its values differ; and where rows of one lead repeat it, by its name alone."""
    columns = list(draft.open.values())
    named = [one for one in columns if one.is_key and one.kind not in ("e-mail", "date")]
    ids = [one for one in columns if one.slug.split("_")[-1] in IDS]
    column = next((one for one in (*named, *ids) if one.unique), None)
    if column is not None:
        draft.content["key"] = draft.take(column, "key", "an id, different in every row")
        return
    column = next((one for one in named if _each_of_one_lead(draft, one, email)), None)
    if column is not None:
        said = "an id, the same in all rows of a lead"
        draft.content["key"] = draft.take(column, "key", said)
    elif email is None:
        draft.content["key"] = ROW
        draft.notes.append(
            "No column has an id or an e-mail address: a lead is known by its row in this file, "
            "and another file cannot change it."
        )


def email_column(draft: Draft) -> Profile | None:
    """The column of addresses: by its values, or by its name where some of them are none."""
    columns = draft.open.values()
    named = (c for c in columns if known.EMAIL_NAMES & set(c.called) and c.personal)
    return next((c for c in columns if c.kind == "e-mail"), next(named, None))


def repeats_of(draft: Draft, rows: Sequence[Row]) -> str | None:
    """That several of the rows looked at are of one lead, and what happens with them."""
    email = draft.content.get("fields", {}).get("email")
    key = draft.content.get("key")
    if key == ROW:
        return None
    address = email if email is None or isinstance(email, str) else email["column"]
    leads = leads_in(
        (row.get(key) if key else None, row.get(address) if address else None) for row in rows
    )
    return repeats_told(len(rows), leads, "" if len(rows) == draft.count else "looked at")


def _each_of_one_lead(draft: Draft, column: Profile, email: Profile | None) -> bool:
    """Whether a column that is filled says the same of one e-mail address, and of it alone."""
    if email is None or column.filled < 1 or column.distinct < 2:
        return False
    addresses = [cell.lower() for cell in draft.cells(email.name)]
    pairs = set(zip(draft.cells(column.name), addresses, strict=True))
    return all(addresses) and len(pairs) == column.distinct == len(set(addresses))
