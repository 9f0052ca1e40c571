"""Which value of sample records is the lead's own id; where that cannot be told, it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from leadflow.sources.proposing.sampled_records import plainly

# Ids of what happened, which say nothing of whom it happened to.
OF_DELIVERIES = frozenset({"eventid", "messageid", "deliveryid", "webhookid", "attemptnumber"})
EVENT_MARKS = ("evt_", "event_", "msg_", "whk_", "dlv_")
WHOSE = ("lead", "contact", "person", "customer", "object", "subscriber", "member", "client")


@dataclass(frozen=True)
class KeyFound:
    """``path``: of the lead's own id; None: ``question`` asks for it, and ``asked`` may be it.
    ``of_deliveries``: paths of ids of what happened."""

    path: str | None
    question: str | None
    of_deliveries: tuple[str, ...]
    asked: tuple[str, ...] = ()


def find_key(
    leaves: Sequence[dict[str, str]], within: bool, happened: bool, told: str | None = None
) -> KeyFound:
    """Look for it among the values of records. ``within``: they stand within a body; ``happened``:
    the bodies tell that something happened; ``told``: the path of an id that is known to be of
    that."""
    paths = list(dict.fromkeys(path for leaf in leaves for path in leaf))
    of_deliveries = tuple(path for path in paths if path == told or _of_a_delivery(path, leaves))
    ids = [path for path in paths if path not in of_deliveries and _is_id(path, leaves)]
    whose = [path for path in ids if _says_whose(path)]
    plain = [path for path in ids if plainly(path) in ("id", "uuid")]
    if len(whose) == 1 and not (happened and within and plain):
        return KeyFound(whose[0], None, of_deliveries)
    sure = not whose and not (happened and not within)
    if sure and len(plain) == 1:
        return KeyFound(plain[0], None, of_deliveries)
    if sure and not plain and len(ids) == 1:
        return KeyFound(ids[0], None, of_deliveries)
    which = f" Is it {' or '.join(ids[:5])}?" if ids else ""
    question = f"key: at which path does the lead's own id stand, not that of what happened?{which}"
    return KeyFound(None, question, of_deliveries, tuple(ids))


def _of_a_delivery(path: str, leaves: Sequence[dict[str, str]]) -> bool:
    values = [leaf[path] for leaf in leaves if leaf.get(path)]
    marked = bool(values) and all(value.startswith(EVENT_MARKS) for value in values)
    return marked or plainly(path) in OF_DELIVERIES


def _is_id(path: str, leaves: Sequence[dict[str, str]]) -> bool:
    name = plainly(path)
    named = name.endswith(("id", "uuid")) or _says_whose(path)
    return named and all(leaf.get(path) for leaf in leaves) and "@" not in leaves[0][path]


def _says_whose(path: str) -> bool:
    """Whether the name says whose id it is: contact_id, and contact where it is no object."""
    name = plainly(path)
    names = {one for word in WHOSE for one in (word, f"{word}id", f"{word}uuid")} - {"object"}
    return name in names
