"""A campaign as a picture: steps from top to bottom, each way on as a line with its name. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape

from leadflow.campaigns.definitions.condition_words import condition_words
from leadflow.campaigns.definitions.program import Edge, Node, Program, way_of_case
from leadflow.campaigns.definitions.spans import Span
from leadflow.campaigns.definitions.step_words import event_words, span_words
from leadflow.campaigns.definitions.steps import UntilThen

WIDE, HIGH, GAP, BELOW, LANE, EDGE = 230, 46, 40, 56, 22, 24
FILLS = {
    "send": "#dbeafe",
    "wait": "#f1f5f9",
    "listen": "#fef3c7",
    "switch": "#ede9fe",
    "do": "#dcfce7",
    "end": "#fee2e2",
}
LONGEST_WAY, LINE_HIGH = 36, 13
# Of a message that had become too late, in place of the way that its lead went on.
SKIPPED = "skipped"
INK, LINE, FONT = "#0f172a", "#64748b", "font-family='system-ui, sans-serif'"


@dataclass(frozen=True)
class Box:
    """A step, or an end: its name, what it does in a few words, where it stands, and how many
    ways lead on from it. ``cases`` are those of a switch in words, by their ways."""

    name: str
    words: str
    fill: str
    row: int
    column: int
    ways: int = 0
    cases: Mapping[str, str] = field(default_factory=dict)

    @property
    def x(self) -> int:
        """Its left side."""
        return EDGE + self.column * (WIDE + GAP)

    @property
    def y(self) -> int:
        """Its upper side."""
        return EDGE + self.row * (HIGH + BELOW)

    @property
    def middle(self) -> int:
        """The middle of its upper and lower side."""
        return self.x + WIDE // 2


# How many took each way, by step and way; what takes leads out from anywhere begins at ``*``.
PassedBy = Mapping[tuple[str, str], int]


def counted(program: Program, passed: PassedBy) -> PassedBy:
    """How many took each way as it is drawn: those whose message was skipped went on as the others
    did."""
    return {
        (edge.step, edge.way): passed.get((edge.step, edge.way), 0)
        + (passed.get((edge.step, SKIPPED), 0) if edge.way == "then" else 0)
        for edge in program.edges
    }


def drawn(program: Program, passed: PassedBy | None = None) -> str:
    """The picture of a campaign as SVG; ``passed`` writes beside each way how many took it."""
    boxes = _boxes(program)
    inside = [edge for edge in program.edges if edge.step != "*"]
    right = max(box.x for box in boxes.values()) + WIDE
    lanes = [edge for edge in inside if _is_long(boxes, edge)]
    foot = max(box.y for box in boxes.values()) + HIGH + EDGE
    out = [edge for edge in program.edges if edge.step == "*"]
    width = right + LANE * (len(lanes) + 1) + 90 + EDGE
    height = foot + 20 * (len(out) + 1) + EDGE
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' "
        f"height='{height}' {FONT} font-size='13' role='img'>",
        f"<title>{escape(program.campaign.name)}</title>",
        "<defs><marker id='tip' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='8' "
        f"markerHeight='8' orient='auto'><path d='M0 0 L8 4 L0 8 z' fill='{LINE}'/></marker>"
        "</defs>",
        f"<rect width='{width}' height='{height}' fill='white'/>",
    ]
    beside: Counter[tuple[str, str]] = Counter()
    for edge in inside:
        lane = right + LANE * (lanes.index(edge) + 1) if edge in lanes else None
        # Words of several ways stand below one another: where they begin, or where they lead.
        place = ("from", edge.step) if lane else ("to", edge.to)
        parts += _way(boxes, edge, lane, passed, beside[place])
        beside[place] += 1
    parts += [part for box in boxes.values() for part in _box(box)]
    parts += _out(out, foot, passed)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _boxes(program: Program) -> dict[str, Box]:
    """Every step and every end that is named, each below all from which a way leads to it."""
    rows = dict.fromkeys([node.name for node in program.nodes], 0)
    ends: dict[str, int] = {}
    for node in program.nodes:
        for to in node.ways.values():
            below = rows[node.name] + 1
            if to == program.end:
                if node.kind != "end":
                    name = _end_box(program, node)
                    ends[name] = max(ends.get(name, 0), below)
            else:
                rows[program.nodes[to].name] = max(rows[program.nodes[to].name], below)
    columns: dict[int, int] = {}
    found = {}
    for node in program.nodes:
        column = columns.get(rows[node.name], 0)
        columns[rows[node.name]] = column + 1
        at = (rows[node.name], column)
        ways, cases = len(node.ways), _cases(node)
        found[node.name] = Box(node.name, _words(node), FILLS[node.kind], *at, ways, cases)
    for name, row in ends.items():
        column = columns.get(row, 0)
        columns[row] = column + 1
        found[name] = Box(name.removeprefix("end "), "end", FILLS["end"], row, column)
    return found


def _cases(node: Node) -> dict[str, str]:
    """The conditions of a switch in a few words, by the ways that they open."""
    found = {}
    for number, when in enumerate(node.cases):
        words = condition_words(when)
        short = words if len(words) <= LONGEST_WAY else f"{words[: LONGEST_WAY - 1]}…"
        found[way_of_case(number)] = short
    return found


def _end_box(program: Program, node: Node) -> str:
    return f"end {program.end_of(node)}"


def _words(node: Node) -> str:
    """What a step does, in a few words."""
    step = node.step
    if isinstance(step.wait, Span):
        return f"wait {span_words(step.wait)}"
    if isinstance(step.wait, UntilThen):
        until = step.wait.until
        day = _plain((until.field or "").removeprefix("attributes.")) or until.date
        day = day or ", ".join(until.weekdays or ())
        return f"wait until {day}" + (f" {until.at}" if until.at else "")
    if step.listen is not None:
        heard = ", ".join(event_words(name) for name in step.listen.on)
        return f"wait for {heard or 'conditions'}, {span_words(step.listen.within)}"
    if step.do is not None:
        return ", ".join(_plain(one) for one in step.do)
    if step.switch is not None:
        return "by what is known"
    return f"{node.kind} {_plain(step.send or step.end or '')}".strip()


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _goes_to(boxes: Mapping[str, Box], edge: Edge) -> Box | None:
    """Where a way leads; None for the step that is an end itself."""
    if edge.way == "end":
        return None
    return boxes.get(f"end {edge.to}") if edge.to not in boxes else boxes[edge.to]


def _is_long(boxes: Mapping[str, Box], edge: Edge) -> bool:
    to = _goes_to(boxes, edge)
    return to is not None and to.row > boxes[edge.step].row + 1


def _way(
    boxes: Mapping[str, Box], edge: Edge, lane: int | None, passed: PassedBy | None, nth: int
) -> Iterator[str]:
    start, to = boxes[edge.step], _goes_to(boxes, edge)
    if to is None:
        return
    words = _label(edge, start, passed)
    if lane is None:
        y, end = start.y + HIGH, to.y - 2
        path = (
            f"M{start.middle} {y} C{start.middle} {y + 28} {to.middle} {end - 28} {to.middle} {end}"
        )
        x, at = to.middle + 6, end - 8 - LINE_HIGH * nth
    else:
        y, end = start.y + HIGH // 2, to.y + HIGH // 2
        path = f"M{start.x + WIDE} {y} H{lane} V{end} H{to.x + WIDE + 2}"
        x, at = start.x + WIDE + 6, y - 5 + LINE_HIGH * nth
    yield f"<path d='{path}' fill='none' stroke='{LINE}' marker-end='url(#tip)'/>"
    yield f"<text x='{x}' y='{at}' fill='{LINE}' font-size='12'>{escape(words)}</text>"


def _label(edge: Edge, start: Box, passed: PassedBy | None) -> str:
    """The name of a way, or its conditions, where there is more than one, and how many took it."""
    name = start.cases.get(edge.way, edge.way.replace("_", " ")) if start.ways > 1 else ""
    if passed is None:
        return name
    count = f"{passed.get((edge.step, edge.way), 0):,}"
    return f"{name}: {count}" if name else count


def _box(box: Box) -> Iterator[str]:
    yield (
        f"<rect x='{box.x}' y='{box.y}' width='{WIDE}' height='{HIGH}' rx='6' "
        f"fill='{box.fill}' stroke='{LINE}'/>"
    )
    for down, weight, words in ((19, "600", box.name), (36, "400", box.words)):
        short = words if len(words) <= 34 else f"{words[:33]}…"
        yield (
            f"<text x='{box.x + 10}' y='{box.y + down}' fill='{INK}' font-weight='{weight}'>"
            f"{escape(short)}</text>"
        )


def _out(out: list[Edge], foot: int, passed: PassedBy | None) -> Iterator[str]:
    """What takes leads out from anywhere, in words below."""
    if out:
        yield f"<text x='{EDGE}' y='{foot + 12}' fill='{LINE}'>Out at any moment:</text>"
    for number, edge in enumerate(out, start=1):
        count = "" if passed is None else f": {passed.get((edge.step, edge.way), 0):,}"
        y = foot + 12 + 20 * number
        yield f"<text x='{EDGE + 12}' y='{y}' fill='{INK}'>{escape(edge.to)}{count}</text>"
