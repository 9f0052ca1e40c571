"""What happens in an installation of its own, each in a process of its own: its home is in
``LEADFLOW_HOME``. ``python -m tests.integration.an_installation ACT`` prints what it finds."""

import json
import sys
from datetime import UTC, datetime

from sqlalchemy import func, select, table, text

from leadflow.accounts.people import add_person
from leadflow.audit import exporting, verification
from leadflow.audit.exported import heads_file, read_heads
from leadflow.audit.queue import put_into_chain
from leadflow.composition import compose
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.outbox.service import enqueue
from leadflow.scoring.learning import challenger
from leadflow.settings import get_settings
from leadflow.simulation.service import simulate
from leadflow.supervisor.preparing import prepare_database

NOTICE: dict[str, object] = {
    "what": "assigned",
    "rep_id": None,
    "to": "rep",
    "lead_ids": [],
    "leads": 0,
}
START = {"deployment": "score_leads/score_leads", "parameters": {}}
COUNTED = ("leads", "lead_events", "outcomes", "people", "approvals", "serving_models", "audit_log")


def now() -> datetime:
    return datetime.now(UTC)


def fill() -> None:
    """People, leads, a model that was approved and serves, a notice that waits."""
    settings = get_settings()
    prepare_database(settings)
    with unit_of_work() as session:
        add_person(session, "ana", "Ana", ["admin"], "test", password="correct horse battery")
    simulate(get_engine(), settings, seed=3, leads=200, months=6.0, reps=3, now=now())
    from tests.integration.registered_models import approve, trained

    learned = challenger.register(trained(1), settings, now())
    approve(learned, settings, now())
    with unit_of_work() as session:
        enqueue(session, "notify_rep", "pending-notice", NOTICE)
    export()


def more() -> None:
    """What is lost when the store is set back."""
    with unit_of_work() as session:
        add_person(session, "ben", "Ben", ["operator"], "test")
        session.execute(text("UPDATE outbox SET status = 'done' WHERE key = 'pending-notice'"))
    export()


def write_on() -> None:
    """People come, one a transaction, until somebody makes the file ``stop`` in the home."""
    number = 0
    while not (get_settings().home / "stop").exists():
        number += 1
        with unit_of_work() as session:
            add_person(session, f"p{number}", f"P {number}", ["analyst"], "test")
        if number == 1:
            sys.stdout.write("writing\n")
            sys.stdout.flush()


def export() -> None:
    with unit_of_work() as session:
        put_into_chain(session)
    with unit_of_work() as session:
        exporting.export_head(session, get_settings(), now())


def facts() -> None:
    """What there is, what scores leads and with what result, what verification says."""
    from leadflow.scoring.serving.champion import registry, serving_scorer
    from tests.unit.models.made_up_leads import make

    settings = get_settings()
    scorer = serving_scorer(settings)
    scores = scorer.score(make(20, seed=9).frame)
    heads = read_heads(heads_file(settings))
    with verification.snapshot() as session:
        broken = verification.verify(session, heads).broken
        counted = {
            name: session.execute(select(func.count()).select_from(table(name))).scalar_one()
            for name in COUNTED
        }
        acts = dict(session.execute(text("SELECT key, status FROM outbox")).tuples().all())
        names = session.execute(text("SELECT count(*) FROM people WHERE username = 'ana'")).scalar()
        schema = session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    say(
        counted=counted,
        acts=acts,
        ana=names,
        schema=schema,
        version=scorer.version,
        champion=registry(settings).alias_version("champion"),
        totals=[round(float(total), 6) for total in scores.total],
        broken=None if broken is None else [broken.number, broken.what],
        heads=[head.number for head in heads],
    )


def say(**found: object) -> None:
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    compose()
    {"fill": fill, "more": more, "write_on": write_on, "export": export, "facts": facts}[
        sys.argv[1]
    ]()
