"""Conditions as a tree, and reading it from what a person wrote, every problem with its place."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from leadflow.conditions.advice import meant, operators_for, such_as
from leadflow.conditions.operators import OF_PRESENCE, OPERATORS, Operand, OperandRefused, Operator
from leadflow.conditions.problems import Problem, listed, nearest, shown
from leadflow.conditions.values import Codes, ValueKind, Values

How = Literal["all", "any", "none"]
GROUPS: tuple[How, ...] = ("all", "any", "none")
DEEPEST, MOST_CHECKS = 20, 2000
# What a field may be read as, or why there is no such field, in words.
KindsOf = Callable[[Any], "tuple[ValueKind, ...] | str"]
# All that a text field can hold; None where that is any text.
ValuesOf = Callable[[str], Values | None]
# Operators that hold a whole value against the field's.
OF_WHOLE_VALUES = frozenset({"equals", "not_equals", "in", "not_in"})


@dataclass(frozen=True)
class Check:
    """One field held against one value. ``kind`` is what the field is read as; None where the
    operator only asks whether there is a value."""

    field: str
    kind: ValueKind | None
    operator: str
    operand: Operand


@dataclass(frozen=True)
class Group:
    """All, any or none of its members hold."""

    how: How
    members: "tuple[Condition, ...]"


Condition = Check | Group


def fields_of(condition: Condition) -> set[str]:
    """The names of all fields that a condition goes by."""
    if isinstance(condition, Check):
        return {condition.field}
    return {name for member in condition.members for name in fields_of(member)}


@dataclass
class Reader:
    """Reads conditions and collects what is wrong with them; ``kinds_of`` knows the fields,
    ``values_of`` what those can hold that hold one of a few texts."""

    kinds_of: KindsOf
    problems: list[Problem] = field(default_factory=list)
    checks: int = 0
    values_of: ValuesOf = lambda _: None

    def read(self, raw: Any, place: str, depth: int = 0) -> Group:
        """The conditions of a mapping, all of which must hold; what is wrong goes to
        ``problems``."""
        if not isinstance(raw, dict):
            self._refuse(place, f"Write a mapping of fields and groups, not {shown(raw)}.")
            return Group("all", ())
        if not raw:
            self._refuse(place, "Write at least one condition; nothing is not a condition.")
        members: list[Condition] = []
        for name, content in raw.items():
            if name in GROUPS:
                members += self._group(cast(How, name), content, f"{place}.{name}", depth + 1)
            else:
                members += self._field(name, content, f"{place}.{name}")
        return Group("all", tuple(members))

    def _refuse(self, place: str, problem: str) -> None:
        self.problems.append(Problem(place, problem))

    def _group(self, how: How, raw: Any, place: str, depth: int) -> list[Condition]:
        if not isinstance(raw, list) or not raw:
            self._refuse(place, "Write a list of at least one condition.")
        elif depth > DEEPEST:
            self._refuse(place, f"Groups may stand at most {DEEPEST} deep in each other.")
        else:
            return [
                Group(
                    how,
                    tuple(
                        self.read(item, f"{place}[{number}]", depth)
                        for number, item in enumerate(raw)
                    ),
                )
            ]
        return []

    def _field(self, name: Any, raw: Any, place: str) -> list[Condition]:
        kinds = self.kinds_of(name)
        if isinstance(kinds, str):
            self._refuse(place, kinds)
        if isinstance(raw, list) and not raw:
            self._refuse(place, "Write at least one test, such as {operator: exists}.")
        # A list of values is one that somebody took for a test, not a list of tests.
        of_tests = isinstance(raw, list) and (not raw or any(isinstance(one, dict) for one in raw))
        tests = enumerate(raw) if of_tests else [(None, raw)]
        found = []
        for number, test in tests:
            at = place if number is None else f"{place}[{number}]"
            check = self._check(name, () if isinstance(kinds, str) else kinds, test, at)
            found += [] if check is None else [check]
        return list(found)

    def _check(self, name: Any, kinds: tuple[ValueKind, ...], raw: Any, place: str) -> Check | None:
        """One test; without ``kinds`` the field is refused already, and only the rest is seen."""
        self.checks += 1
        if self.checks == MOST_CHECKS + 1:
            self._refuse(place, f"A rule set may have at most {MOST_CHECKS:,} tests.")
        if not isinstance(raw, dict):
            written = meant(kinds, raw, self.values_of(name) if kinds else None)
            self._refuse(place, f"Write {written}, not {shown(raw)}.")
            return None
        for key in (key for key in raw if key not in ("operator", "value")):
            said = "There is no such key; a test has operator and value."
            self._refuse(f"{place}.{key}", said)
        operator = self._operator(raw, kinds, place)
        if operator is None or not kinds:
            return None
        fitting = [kind for kind in kinds if kind in operator.kinds]
        if not fitting:
            self._refuse(f"{place}.operator", _unfitting(name, kinds, operator))
            return None
        return self._with_operand(name, fitting, operator, raw, place)

    def _operator(
        self, raw: dict[Any, Any], kinds: tuple[ValueKind, ...], place: str
    ) -> Operator | None:
        name = raw.get("operator")
        if "operator" not in raw:
            self._refuse(f"{place}.operator", f"Say one of {', '.join(operators_for(kinds))}.")
        elif not isinstance(name, str) or name not in OPERATORS:
            said = f"There is no operator {shown(name)}. {nearest(name, OPERATORS)}"
            self._refuse(f"{place}.operator", said)
        else:
            return OPERATORS[name]
        return None

    def _with_operand(
        self, name: str, kinds: list[ValueKind], operator: Operator, raw: dict[str, Any], place: str
    ) -> Check | None:
        """The test with its value, read as the first of the kinds that takes it."""
        of_presence = operator.name in OF_PRESENCE
        if "value" not in raw and not of_presence:
            written = such_as(operator, kinds[0], self.values_of(name))
            self._refuse(f"{place}.value", f"Say what {operator.name} compares with: {written}.")
            return None
        refusals = []
        for kind in kinds:
            try:
                operand = operator.operand(kind, raw.get("value", True))
            except OperandRefused as refused:
                refusals.append(str(refused))
            else:
                of_elements = kind is ValueKind.TEXTS and not of_presence
                if operator.name in OF_WHOLE_VALUES or of_elements:
                    self._refuse_unheard_of(name, operand, f"{place}.value")
                return Check(name, None if of_presence else kind, operator.name, operand)
        self._refuse(f"{place}.value", " ".join(dict.fromkeys(refusals)))
        return None

    def _refuse_unheard_of(self, name: str, operand: Operand, place: str) -> None:
        """No lead has such a value: a rule of it would never hold, or always."""
        values = self.values_of(name)
        if values is None:
            return
        for said in operand if isinstance(operand, tuple) else (operand,):
            if said not in values:
                self._refuse(place, f"No lead has the {name} {shown(said)}. {_known(said, values)}")


def _known(said: Any, values: Values) -> str:
    """What there is instead of a value that nothing has."""
    if isinstance(values, Codes):
        return values.advice(str(said))
    return f"It is {listed(values)}." if values else "There are none yet."


def _unfitting(name: str, kinds: tuple[ValueKind, ...], operator: Operator) -> str:
    fit = listed(operators_for(kinds))
    return f"{name} is a {listed(kinds)}, which {operator.name} does not fit. Use {fit}."
