"""What may stand in a content between braces: a checked vocabulary, a few tests, no programs.

Jinja reads it, in its sandbox. Whatever a lead may not have needs a ``fallback``, so that no mail
says "Dear ,".
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from jinja2 import TemplateSyntaxError, nodes

from leadflow.campaigns.definitions.braces import not_understood
from leadflow.channels.templates import FILTERS, environment
from leadflow.conditions.problems import nearest

# What each name stands for, and whether it can be missing.
VOCABULARY: Mapping[str, bool] = {
    "lead.first_name": True,
    "lead.last_name": True,
    "lead.company_name": True,
    "lead.job_title": True,
    "lead.industry": True,
    "lead.location": True,
    "lead.region": True,
    "rep.name": True,
    "rep.email": True,
    "campaign.name": False,
    "sender.name": False,
    "sender.address": False,
    "unsubscribe_url": False,
    "preferences_url": False,
}
# Families whose names a company makes itself: what is known of the lead, what came as it entered.
FAMILIES = ("lead.attributes.", "enrollment.")
_TAKEN = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Filter,
    nodes.Const,
    nodes.If,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Compare,
    nodes.Operand,
    nodes.Pair,
    nodes.Keyword,
)

# What people call what has no place in a content.
_CALLED = {
    "CondExpr": "an if inside of braces",
    "Call": "a call",
    "For": "a for",
    **dict.fromkeys(("Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"), "a calculation"),
}


_WORDS_MISSING = 'fallback needs the words that stand there instead: fallback("there").'
_NO_WORDS = (
    "What stands in fallback(…) says nothing. Write the words in quotes that stand there instead, "
    'such as fallback("there"); where nothing should, write {% if NAME %} … {% endif %} around it.'
)


@dataclass(frozen=True)
class Fault:
    """Something wrong with a template: in which of its lines, from 1, and what."""

    line: int
    problem: str


_ENVIRONMENT = environment()


def faults(text: str, attributes: Collection[str] | None = None) -> list[Fault]:
    """Everything that is wrong with a template; ``attributes`` are the names leads have, None where
    any is taken."""
    try:
        tree = _ENVIRONMENT.parse(text)
    except TemplateSyntaxError as error:
        return [Fault(error.lineno, not_understood(error.message))]
    return list(_of(tree, attributes, frozenset(), needs=False))


def names_in(text: str) -> frozenset[str]:
    """The names that a template without faults asks for."""
    tree = _ENVIRONMENT.parse(text)
    wholes = (_dotted(node) for node in tree.find_all((nodes.Getattr, nodes.Name)))
    found = {name for name in wholes if name is not None}
    return frozenset(
        name for name in found if not any(other.startswith(f"{name}.") for other in found)
    )


def _of(
    node: nodes.Node, attributes: Collection[str] | None, sure: frozenset[str], needs: bool
) -> Iterator[Fault]:
    """The faults of a node and what is in it. ``sure``: names that have a value here; ``needs``:
    whether what stands here is written out, and so needs one."""
    if not isinstance(node, _TAKEN):
        what = _CALLED.get(type(node).__name__, "what is done there")
        said = f"{what} has no place here: names, filters ({', '.join(sorted(FILTERS))}) and if do."
        yield Fault(node.lineno, said)
        return
    if isinstance(node, nodes.Name | nodes.Getattr):
        yield from _name(node, attributes, sure, needs)
        return
    if isinstance(node, nodes.If):
        yield from _if(node, attributes, sure)
        return
    inner = needs or isinstance(node, nodes.Output)
    if isinstance(node, nodes.Filter):
        if node.name not in FILTERS:
            yield Fault(
                node.lineno, f"There is no filter {node.name}. {nearest(node.name, FILTERS)}"
            )
            return
        if node.name == "fallback" and not _says_something(node):
            yield Fault(node.lineno, _WORDS_MISSING if not node.args else _NO_WORDS)
            return
        inner = inner and node.name != "fallback"
    if isinstance(node, nodes.Or):
        inner = False
    for one in node.iter_child_nodes():
        yield from _of(one, attributes, sure, inner)


def _if(
    node: nodes.If, attributes: Collection[str] | None, sure: frozenset[str]
) -> Iterator[Fault]:
    yield from _of(node.test, attributes, sure, needs=False)
    inside, otherwise = sure | _made_sure(node.test), sure
    if isinstance(node.test, nodes.Not):
        otherwise = sure | _made_sure(node.test.node)
    for one in node.body:
        yield from _of(one, attributes, inside, needs=False)
    for one in (*node.elif_, *node.else_):
        yield from _of(one, attributes, otherwise, needs=False)


def _name(
    node: nodes.Name | nodes.Getattr,
    attributes: Collection[str] | None,
    sure: frozenset[str],
    needs: bool,
) -> Iterator[Fault]:
    name = _dotted(node)
    if name is None:
        yield Fault(node.lineno, "Only names such as lead.first_name have a place here.")
        return
    family = next((prefix for prefix in FAMILIES if name.startswith(prefix)), None)
    if family == FAMILIES[0] and attributes is not None:
        own = name.removeprefix(family)
        if own not in attributes:
            said = f"No lead has the attribute {own!r}. {nearest(own, attributes)}"
            yield Fault(node.lineno, said)
            return
    if family is None and name not in VOCABULARY:
        said = (
            f"Nobody fills {name}. {nearest(name, [*VOCABULARY, *(f'{one}…' for one in FAMILIES)])}"
        )
        yield Fault(node.lineno, said)
        return
    missing = family is not None or VOCABULARY[name]
    if needs and missing and name not in sure:
        said = (
            f"{name} is not known of every lead. Say what stands there then, such as "
            f'{{{{ {name} | fallback("…") }}}}, or write it inside of {{% if {name} %}}.'
        )
        yield Fault(node.lineno, said)


def _dotted(node: nodes.Node) -> str | None:
    """``lead.first_name``; None where it is made of something else."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        before = _dotted(node.node)
        return None if before is None else f"{before}.{node.attr}"
    return None


def _says_something(fallback: nodes.Filter) -> bool:
    given = fallback.args
    return (
        len(given) == 1 and isinstance(given[0], nodes.Const) and bool(str(given[0].value).strip())
    )


def _made_sure(test: nodes.Node) -> frozenset[str]:
    """The names that have a value where a test holds."""
    if isinstance(test, nodes.And):
        return _made_sure(test.left) | _made_sure(test.right)
    name = _dotted(test)
    return frozenset() if name is None else frozenset({name})
