"""Random leads and random rules, of few values each, so that they often meet."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from sqlalchemy.orm import Session

from leadflow.conditions.operators import OPERATORS, Operator
from leadflow.conditions.values import ValueKind
from leadflow.leads.events.fields import ASKED, LAST
from leadflow.leads.events.own_types import EventTypesIn, declare
from leadflow.rules.field_catalogue import CATALOGUE

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NUMBERS = (-1.5, 0, 0.1, 1, 2, 49.999999999999, 50, 80, 1e15, 2**53 + 1, 1e300, 5e-324)
COUNTS = (0, 1, 2, 50, 80)
TEXTS = (
    *("retail", "RETAIL", "Retail & Co", "ÉCOLE", "école", "İstanbul", "istanbul", "ß", "SS"),
    *(
        "K",
        "\u212a",
        "50%",
        "50_",
        "5",
        "%",
        "_",
        "\\",
        "日本",
        "e\u0301",
        "é",
        " retail",
        "2026-03-01",
    ),
    *("true", "80", "null", "'; --", ":now", "🙂"),
)
TIMES = ("15m", "36h", "7d", "2w", "1m")
SHIFTS = (0, 1, -1, 900, 900.000001, 36 * 3600, 7 * 86400, 14 * 86400, 3e7, -86400)
MOMENTS = tuple(NOW - timedelta(seconds=shift) for shift in SHIFTS)
moments = st.sampled_from(MOMENTS)
WRITTEN = (
    *("2026-03-01", "2026-02-30", "2026-03-01T12:00:00Z", "2026-03-01 13:00:00+01:00"),
    *("2026-02-22T12:00", "2026-03-01T11:45:00.000001Z", "2026-03-01T11:45:00.0000009Z"),
    *("0001-01-01", "9999-12-31T23:59:59-14:00", "2026-03-01\n", "2024-02-29", "soon"),
)
READABLE = (WRITTEN[0], *WRITTEN[2:5], "2024-02-29")
JSON: tuple[Any, ...] = (
    None,
    "",
    [],
    {},
    ["retail"],
    True,
    False,
    10**299,
    10**400,
    -(10**310),
    *NUMBERS,
    *WRITTEN,
)
NAMES = ("plan", "seats", "since")
# As they are stored: in their one form.
TAGS = ("retail", "retail & co", "école", "ss", "日本", "50_", "true")
EVENT_TYPES = ("meeting", "rep_call", "demo", "demo_online")
NUMBER_FIELDS = ("company_size", "website_visits", "email_opens", "content_downloads")
TEXT_FIELDS = ("company_name", "industry", "job_title", "seniority", "location", "region")

_attributes = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from(JSON) | st.sampled_from(TEXTS), max_size=3
)
_percent = st.sampled_from([0.0, 49.999999999999, 50.0, 80.0])
_level = st.sampled_from(["hot", "warm", "cold"])
_status = st.sampled_from(["open", "done"])
leads = st.fixed_dictionaries(
    {
        "columns": st.fixed_dictionaries(
            {"attributes": _attributes, "created_at": moments, "known_from": moments},
            optional={
                **{name: st.sampled_from(COUNTS) for name in NUMBER_FIELDS},
                **{name: st.sampled_from(("", *TEXTS)) for name in TEXT_FIELDS},
                "timeline_months": st.sampled_from([0.5, 2.0, float("nan"), float("inf")]),
                "service_requirements": st.lists(st.sampled_from(("", *TEXTS)), max_size=3),
                "country": st.sampled_from(["DE", "US"]),
                "has_phone": st.booleans(),
                "budget_minor": st.sampled_from([0, 1, 10, 5000, 8000]),
            },
        ),
        "score": st.none() | st.tuples(_percent, _level, _percent),
        "override": st.none() | st.tuples(_percent, _level, st.sampled_from([-1, 0, 1])),
        "events": st.lists(st.tuples(st.sampled_from(EVENT_TYPES), moments), max_size=4),
        "tags": st.sets(st.sampled_from(TAGS), max_size=3),
        "tasks": st.lists(st.tuples(_status, st.none() | moments), max_size=3),
    }
)

_KINDS = {
    **{name: (field.kind,) for name, field in CATALOGUE.items()},
    **{
        f"attributes.{name}": (
            ValueKind.NUMBER,
            ValueKind.TEXT,
            ValueKind.BOOLEAN,
            ValueKind.MOMENT,
        )
        for name in NAMES
    },
    **{
        f"events.{name}.{asked}": (ValueKind.MOMENT if asked == LAST else ValueKind.NUMBER,)
        for name in EVENT_TYPES
        for asked in ASKED
    },
}
VALUES: dict[ValueKind, tuple[Any, ...]] = {
    ValueKind.NUMBER: NUMBERS,
    ValueKind.TEXT: (*TEXTS, "hot", "warm", "de", "US", "none", "test"),
    ValueKind.TEXTS: TEXTS,
    ValueKind.BOOLEAN: (True, False),
    ValueKind.MOMENT: (*READABLE, *(moment.isoformat() for moment in MOMENTS)),
}
_VALUES = {kind: st.sampled_from(values) for kind, values in VALUES.items()}


def declare_demos(session: Session) -> None:
    """``demo`` of a company's own, and ``demo_online``, which counts as it."""
    types = {"demo": {"label": "D"}, "demo_online": {"label": "O", "counts_as": "demo"}}
    declare(session, EventTypesIn.model_validate({"event_types": types}), "test", NOW)


def zoned(text: str) -> float:
    """The moment a text says, as a number to sort by."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _operands(operator: Operator, kind: ValueKind) -> st.SearchStrategy[Any]:
    if operator.name in ("is_empty", "exists"):
        return st.booleans()
    if operator.name == "within_last":
        return st.sampled_from(TIMES)
    if operator.name == "between":
        order = zoned if kind is ValueKind.MOMENT else float
        return st.lists(_VALUES[kind], min_size=2, max_size=2).map(
            lambda pair: sorted(pair, key=order)
        )
    if operator.name in ("in", "not_in"):
        return st.lists(_VALUES[kind], min_size=1, max_size=3)
    return _VALUES[kind]


@st.composite
def _tests(draw: st.DrawFn, kinds: tuple[ValueKind, ...]) -> dict[str, Any]:
    kind = draw(st.sampled_from(kinds))
    fitting = [operator for operator in OPERATORS.values() if kind in operator.kinds]
    operator = draw(st.sampled_from(fitting))
    return {"operator": operator.name, "value": draw(_operands(operator, kind))}


@st.composite
def _fields(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(ValueKind))
    name = draw(st.sampled_from([name for name, kinds in _KINDS.items() if kind in kinds]))
    tests = _tests(_KINDS[name])
    return {name: draw(tests | st.lists(tests, min_size=1, max_size=2))}


def _grouped(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    members = st.lists(inner, min_size=1, max_size=3)
    groups = st.builds(
        lambda how, some: {how: some}, st.sampled_from(["all", "any", "none"]), members
    )
    return groups | st.builds(lambda group, field: group | field, groups, inner)


conditions = st.recursive(_fields(), _grouped, max_leaves=6)
