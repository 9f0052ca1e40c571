"""Which currency the value of an outcome is in, where a file says so of its other sums."""

from leadflow.leads.files.proposing import known_names as known
from leadflow.leads.files.proposing.currencies import holds_sums
from leadflow.leads.files.proposing.draft import Draft
from leadflow.leads.files.proposing.profiling import Profile
from leadflow.leads.readers.money import currencies
from leadflow.settings import get_settings


def value_currency(draft: Draft, value: Profile) -> str | None:
    """The currency that the value names; else the one that all other sums of the file have. Where
    that is not one, None, and a note says which is assumed."""
    if value.currency is not None:
        if value.written_in is not None and value.unnamed:
            draft.notes.append(
                f"{value.name}: sums without a currency are taken for {value.currency}, as the "
                "others are."
            )
        return value.currency
    said = _of_other_sums(draft)
    only = next(iter(said)) if len(said) == 1 else None
    if only is not None:
        draft.notes.append(
            f"{value.name} names no currency: {only} is taken, that of the file's other sums. "
            "Correct outcome.currency if it is another."
        )
        return only
    usual = get_settings().default_currency
    draft.first.append(
        f"{value.name} does not say which one currency it is in: {usual} is assumed where a sum "
        "names none. If it is another, give it as outcome.currency; if it differs from row to row, "
        "write it beside each sum in the file."
    )
    return None


def _of_other_sums(draft: Draft) -> set[str | None]:
    """The currencies of the other sums, None among them where one names none. A column of
    currencies speaks for those that name none."""
    columns = list(draft.open.values())
    codes = [c for c in columns if c.slug in known.FIELD_NAMES["currency"] and c.distinct]
    coded = {code.upper() for column in codes for code in column.values}
    sums = [c for c in columns if c.kind == "numeric" and (holds_sums(c.name) or c.currency)]
    said = {column.currency for column in sums}
    if coded and coded <= currencies():
        gaps = any(column.filled < 1 for column in codes) and (None in said or not said)
        said = (said - {None}) | coded | ({None} if gaps else set())
    return said
