"""The loops of a background process: every lane of the outbox, the audit chain, what is to be
scored again, workflow rules, opens and clicks, overrides that expire, turns of endpoints, journals
that are read, exports of leads, imports of files that were sent and taking imports back, runs
whose process was lost."""

import threading
from datetime import UTC, datetime, timedelta

from leadflow.accounts.rate_windows import forget_windows
from leadflow.audit.queue import AT_A_TIME, put_into_chain
from leadflow.background import records
from leadflow.background.loop import Loop
from leadflow.background.run_watch import RunWatch
from leadflow.campaigns.feedback.mails import forget_unread
from leadflow.campaigns.feedback.months import keep_months
from leadflow.campaigns.feedback.pausing import Bounds
from leadflow.campaigns.feedback.visits import AT_A_TIME as VISITS
from leadflow.campaigns.feedback.visits import note_visits
from leadflow.campaigns.keeping.forgetting import AT_A_TIME as FORGET_AT_A_TIME
from leadflow.campaigns.keeping.forgetting import forget_ended
from leadflow.campaigns.keeping.months import keep_months as keep_message_months
from leadflow.database.engine import get_batch_engine, get_engine, unit_of_work
from leadflow.domain_events import service as domain_events
from leadflow.endpoints.messages import forget_old
from leadflow.endpoints.turns import give_turns
from leadflow.exports import service as exports
from leadflow.exports.writing import Writer
from leadflow.intake.keyed_requests import KEPT, forget_answers
from leadflow.integrations.prefect import PrefectClient
from leadflow.outbox import bell, settling
from leadflow.outbox.consumer import Consumer
from leadflow.outbox.lanes import LANES, Lane
from leadflow.outward.exchange import Outward
from leadflow.scoring.batch.rescoring import rescore_changed
from leadflow.scoring.batch.set_aside import bring_back
from leadflow.scoring.overrides.service import settle_due
from leadflow.scoring.serving.process_scorer import ServingScorer
from leadflow.settings import Settings
from leadflow.sources import inbox
from leadflow.sources.journals.reading import Reader
from leadflow.uploads import service as uploads
from leadflow.uploads import undoing
from leadflow.uploads.importing import Importer
from leadflow.uploads.undoing import Undoer
from leadflow.workflow import service as workflow
from leadflow.workflow import silence, wanting

# A lane is rung when something is written; this is for what falls due later.
LANE_SECONDS = 5.0
MEND_SECONDS = 10.0
AUDIT_SECONDS = 1.0
RESCORE_SECONDS = 1.0
RESCORE_LEADS = 500
EXPIRE_SECONDS = 5.0
TURNS_SECONDS = 1.0
JOURNALS_SECONDS = 5.0
# So many are read side by side: one whose server is slow does not hold up the others.
JOURNALS_AT_ONCE = 2
EXPORT_SECONDS = 2.0
IMPORT_SECONDS = 2.0
RUNS_SECONDS = 30.0
HOUSE_SECONDS = 600.0
RULES_SECONDS = 1.0
SILENCE_SECONDS = 60.0
VISITS_SECONDS = 5.0
# So often, house keeping forgets as many enrolments as are forgotten at a time.
FORGET_ROUNDS = 20


def loops(
    settings: Settings, serving: ServingScorer, process: str, stop: threading.Event
) -> list[Loop]:
    """All of them; ``stop`` tells those that wait for others to end."""
    reader = Reader(Outward(settings), now, stop.is_set)
    pools = (settings.work_pool, settings.warm_pool)
    lanes = [loop for lane in LANES.values() for loop in _lane(settings, lane, process, stop)]
    writer = Writer(get_engine(), settings, now, process, stop.is_set)
    importer = Importer(get_batch_engine(), settings, now, process, stop.is_set)
    undoer = Undoer(get_batch_engine(), settings, now, process, stop.is_set)
    bells: dict[str, list[threading.Event]] = {name: [] for name in LANES}
    for loop in lanes:
        bells[loop.name.split()[1]].append(loop.bell)
    return [
        *lanes,
        *(_mending(settings, lane, process) for lane in LANES.values()),
        Loop("outbox bell", 1.0, lambda: _listen(bells, stop)),
        Loop("audit chain", AUDIT_SECONDS, _put_into_chain, full=AT_A_TIME),
        Loop("rescoring", RESCORE_SECONDS, lambda: _rescore(serving, settings)),
        Loop("workflow rules", RULES_SECONDS, _react, full=workflow.AT_A_TIME),
        Loop("opens and clicks", VISITS_SECONDS, lambda: _note_visits(settings), full=VISITS),
        Loop("silent leads", SILENCE_SECONDS, _note_silence, full=None),
        Loop("overrides", EXPIRE_SECONDS, _settle_overrides, full=None),
        Loop("turns of endpoints", TURNS_SECONDS, _give_turns, full=None),
        *(
            Loop(f"journals {one}", JOURNALS_SECONDS, reader.read_due)
            for one in range(1, JOURNALS_AT_ONCE + 1)
        ),
        Loop("lead exports", EXPORT_SECONDS, lambda: _export(writer)),
        Loop("imports", IMPORT_SECONDS, lambda: _import(importer)),
        Loop("undoing imports", IMPORT_SECONDS, lambda: _undo(undoer)),
        *(_watching(settings, pool) for pool in pools),
        Loop("house keeping", HOUSE_SECONDS, lambda: _keep_house(settings), full=None),
    ]


def now() -> datetime:
    """The clock of the process."""
    return datetime.now(UTC)


def _lane(settings: Settings, lane: Lane, process: str, stop: threading.Event) -> list[Loop]:
    consumer = Consumer(get_engine(), settings, lane, now, process, stop.is_set)
    numbers = range(1, lane.consumers + 1)
    return [Loop(f"outbox {lane.name} {one}", LANE_SECONDS, consumer.consume) for one in numbers]


def _mending(settings: Settings, lane: Lane, process: str) -> Loop:
    consumer = Consumer(get_engine(), settings, lane, now, process)
    return Loop(f"claims {lane.name}", MEND_SECONDS, consumer.mend)


def _watching(settings: Settings, pool: str) -> Loop:
    watch = RunWatch(PrefectClient(settings), pool)
    return Loop(f"lost runs {pool}", RUNS_SECONDS, lambda: watch.look(now()), full=None)


def _listen(bells: dict[str, list[threading.Event]], stop: threading.Event) -> int:
    bell.listen(get_engine(), bells, stop.is_set)
    return 0


def _put_into_chain() -> int:
    with unit_of_work() as session:
        return put_into_chain(session)


def _rescore(serving: ServingScorer, settings: Settings) -> int:
    scorer = serving.if_loaded() or serving.current()
    with unit_of_work() as session:
        return rescore_changed(session, scorer, now(), settings, RESCORE_LEADS)


def _react() -> int:
    with unit_of_work() as session:
        return workflow.react(session, now())


def _note_visits(settings: Settings) -> int:
    with unit_of_work() as session:
        return note_visits(session, Bounds.of(settings), now())


def _note_silence() -> int:
    with unit_of_work() as session:
        wanting.want_what_counts(session)
        return silence.note_silence(session, now())


def _settle_overrides() -> int:
    with unit_of_work() as session:
        return settle_due(session, now())


def _give_turns() -> int:
    with unit_of_work() as session:
        return give_turns(session, now())


def _export(writer: Writer) -> int:
    with unit_of_work() as session:
        exports.settle(session, now())
    return writer.work_next()


def _import(importer: Importer) -> int:
    with unit_of_work() as session:
        uploads.settle(session, now())
    return importer.work_next()


def _undo(undoer: Undoer) -> int:
    with unit_of_work() as session:
        undoing.settle(session, now())
    return undoer.work_next()


def _keep_house(settings: Settings) -> int:
    with unit_of_work() as session:
        settling.forget_ended(session, now() - timedelta(days=settings.outbox_kept_days))
    with unit_of_work() as session:
        inbox.forget_settled(session, now() - timedelta(days=settings.deliveries_kept_days))
    with unit_of_work() as session:
        forget_old(session, now() - timedelta(days=settings.webhook_messages_kept_days))
    with unit_of_work() as session:
        kept = timedelta(days=settings.domain_events_kept_days)
        domain_events.forget_old(session, now() - kept)
    with unit_of_work() as session:
        forget_windows(session, now())
    with unit_of_work() as session:
        forget_answers(session, now() - KEPT)
    with unit_of_work() as session:
        records.forget_ended(session, now())
        bring_back(session, now())
    with unit_of_work() as session:
        forget_unread(session, now() - timedelta(days=settings.deliveries_kept_days))
    with unit_of_work() as session:
        keep_months(session, now(), settings.message_events_kept_months)
    return _keep_campaigns(now() - timedelta(days=settings.campaigns_kept_days))


def _keep_campaigns(before: datetime) -> int:
    with unit_of_work() as session:
        keep_message_months(session, now(), before)
    forgotten = 0
    for _ in range(FORGET_ROUNDS):
        with unit_of_work() as session:
            some = forget_ended(session, before)
        forgotten += some
        if some < FORGET_AT_A_TIME:
            break
    return forgotten
