"""The indexes that leads are listed and found by.

``ix_leads_search`` has all that is asked for by equality (``lead_facets``, which writes each value
as ``name=value``), the beginnings of names, and parts of companies' names. Its functions are in the
database, made by a migration.
"""

from collections.abc import Sequence
from typing import cast

from sqlalchemy import BigInteger, ColumnElement, Index, Table, Text, func, literal, or_, text
from sqlalchemy import cast as as_type
from sqlalchemy.dialects.postgresql import ARRAY

from leadflow.leads.tables import Lead

LEADS = cast(Table, Lead.__table__)
LONGEST_FACET = 200
"""Characters of a value that are looked at."""
ENUMERATED = (
    "source",
    "company_name",
    "industry",
    "job_title",
    "seniority",
    "location",
    "country",
    "region",
    "currency",
    "timeline",
    "email_kind",
    "has_phone",
)
"""Fields of conditions that ``lead_facets`` is made of, services and attributes apart."""


def facets() -> ColumnElement[list[str]]:
    """All that is known of a lead as texts ``name=value``, in small letters."""
    return func.lead_facets(
        Lead.source,
        Lead.company_name,
        Lead.industry,
        Lead.job_title,
        Lead.seniority,
        Lead.location,
        as_type(Lead.country, Text),
        Lead.region,
        as_type(Lead.budget_currency, Text),
        Lead.timeline,
        Lead.email_kind,
        Lead.has_phone,
        Lead.service_requirements,
        Lead.attributes,
        type_=ARRAY(Text),
    )


def names() -> ColumnElement[list[int]]:
    """The hashes that a lead's names are found by; of two, one may be missing."""
    return Lead.first_name_index.op("||")(Lead.last_name_index)


def company() -> ColumnElement[str]:
    """What a lead's company is called, without capitals and accents."""
    return func.searched_text(Lead.company_name, type_=Text)


def is_called(ways: Sequence[Sequence[int]]) -> ColumnElement[bool]:
    """The condition that a lead's names have all the hashes of one of these
    (``name_index.ways_of``)."""
    have = names().op("@>", is_comparison=True)
    return or_(*(have(literal(list(way), ARRAY(BigInteger))) for way in ways))


def works_at(part: str) -> ColumnElement[bool]:
    """The condition that the name of a lead's company has this in it."""
    plain = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    sought = func.searched_text(literal(plain, Text), type_=Text)
    return company().like(literal("%", Text).concat(sought).concat("%"))


Index("ix_leads_created_at", LEADS.c.created_at, LEADS.c.id)
Index("ix_leads_company_size", LEADS.c.company_size, LEADS.c.id)
Index("ix_leads_budget_minor", LEADS.c.budget_minor, LEADS.c.id)
Index(
    "ix_leads_search",
    facets(),
    text("(first_name_index || last_name_index)"),
    company().label("company"),
    _table=LEADS,
    postgresql_using="gin",
    postgresql_ops={"company": "gin_trgm_ops"},
)
