"""The columns of the list of leads, and what stands in them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from leadflow.gateway.console.rendering import when
from leadflow.leads.attribute_fields import PREFIX
from leadflow.search.schemas import LeadListed

# Who it is stands in the first column, whatever else is shown.
NAMES = ("first_name", "last_name", "email", "company_name", "source")
STANDS = {"open": "open", "converted": "won", "lost": "lost"}
NOTHING = "—"
Written = Callable[[LeadListed], Any]


@dataclass(frozen=True)
class Column:
    """``sort``: by what the list is in its order; ``number``: it stands to the right."""

    name: str
    called: str
    needs: tuple[str, ...]
    written: Written
    number: bool = False
    sort: str | None = None


def _plain(name: str) -> Written:
    return lambda lead: getattr(lead, name) or NOTHING


def _number(name: str, form: str) -> Written:
    def written(lead: LeadListed) -> str:
        value = getattr(lead, name)
        return NOTHING if value is None else form.format(value)

    return written


def _budget(lead: LeadListed) -> str:
    return NOTHING if lead.budget is None else f"{lead.budget:,.0f} {lead.currency or ''}".strip()


def _listed(lead: LeadListed) -> str:
    return ", ".join(lead.service_requirements or ()) or NOTHING


def _attribute(name: str) -> Column:
    own = name.removeprefix(PREFIX)

    def written(lead: LeadListed) -> str:
        value = lead.attributes.get(own)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return NOTHING if value in (None, "", []) else str(value)

    return Column(name, own.replace("_", " "), ("attributes",), written)


def _text(name: str, called: str) -> Column:
    return Column(name, called, (name,), _plain(name))


def _moment(name: str, called: str, sort: str | None = None) -> Column:
    return Column(name, called, (name,), lambda lead: when(getattr(lead, name)), False, sort)


_COLUMNS = (
    _text("company_name", "Company"),
    Column("score", "Score", ("score",), _number("score", "{:.0f}"), True, "score"),
    Column("level", "Level", ("level",), lambda lead: lead.level or "not scored yet"),
    Column(
        "probability", "Chance", ("probability",), _number("probability", "{:.0%}"), number=True
    ),
    Column("status", "Stands", ("status",), lambda lead: STANDS[lead.status]),
    Column(
        "owner", "Who has it", ("owner",), lambda lead: lead.owner.name if lead.owner else "nobody"
    ),
    _moment("created_at", "Came in", "created_at"),
    _text("job_title", "Job title"),
    _text("email", "E-mail"),
    _text("phone", "Phone"),
    _text("industry", "Industry"),
    _text("location", "Place"),
    _text("country", "Country"),
    Column(
        "company_size",
        "People there",
        ("company_size",),
        _number("company_size", "{:,}"),
        True,
        "company_size",
    ),
    Column("budget", "Budget", ("budget", "currency"), _budget, True, "budget"),
    _text("timeline", "Wants to buy"),
    Column("service_requirements", "Wants", ("service_requirements",), _listed),
    _text("source", "Came from"),
    _text("external_id", "Id there"),
    _moment("updated_at", "Changed"),
    _moment("scored_at", "Scored"),
)
SORTS: Mapping[str, str] = {
    "-score": "highest score first",
    "score": "lowest score first",
    "-created_at": "newest first",
    "created_at": "oldest first",
    "-budget": "largest budget first",
    "budget": "smallest budget first",
    "-company_size": "largest company first",
    "company_size": "smallest company first",
}


def columns_of(attributes: Mapping[str, str]) -> dict[str, Column]:
    """Every column there is, by name; ``attributes``: those that are declared."""
    found = {column.name: column for column in _COLUMNS}
    return found | {name: _attribute(name) for name in (PREFIX + own for own in attributes)}


def name_of(lead: LeadListed) -> str:
    """Who it is, as far as is known."""
    person = " ".join(part for part in (lead.first_name, lead.last_name) if part)
    if person or lead.email:
        return person or str(lead.email)
    return f"Somebody at {lead.company_name}" if lead.company_name else f"From {lead.source}"
