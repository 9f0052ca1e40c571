"""What the writers of the test of many at once do; importable by another process."""

from leadflow.audit import service as audit
from leadflow.audit.entries import Entry
from leadflow.database.engine import get_engine, unit_of_work

AT_ONCE = 20


def write(task: tuple[int, int]) -> int:
    """So many entries, half of them one by one, half in batches, each in a transaction of its own;
    returns how many."""
    writer, count = task
    done = 0
    while done < count:
        with unit_of_work() as session:
            if done % (2 * AT_ONCE) < AT_ONCE:
                audit.record(session, f"writer/{writer}", "did", f"thing/{done}", {"n": done / 7})
                done += 1
            else:
                batch = range(done, min(done + AT_ONCE, count))
                named = (Entry(f"writer/{writer}", "did", f"thing/{n}") for n in batch)
                done += audit.record_many(session, named)
    get_engine().dispose()
    return done
