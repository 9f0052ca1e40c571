"""How each command succeeds, as one story that is told on one store, and where else the commands
that need servers succeed in a process of their own.

At its beginning four hot leads are handed out to Ann and Bob, one score is overridden, and there
are olga (admin), mary and ben (managers) and ann (salesperson), who have passwords.
"""

from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
PASSWORD = "correct horse battery"
# Three rows more, of leads that are yet to come.
BAD_ROWS = "".join(
    f"L-9{number},Eve,Fox,eve{number}@example.com,Odd Ltd,40,retail,CEO,DE,5000,1-3 months,1,"
    "2999-02-02,,\n"
    for number in range(3)
)
FILES = {
    "leads.csv": (EXAMPLES / "leads.csv").read_text() + BAD_ROWS,
    "rules.yaml": (EXAMPLES / "assignment_rules.yaml").read_text(),
    "late.csv": "id,firm,plan\n1,Acme,pro\n",
    "late.yaml": "source: late\nkey: id\nfields: {company_name: firm}\n"
    "attributes: {tariff: {column: plan, kind: categorical}}\n",
    "shop.yaml": (
        "sources:\n  shop:\n    scheme: token\n    mapping:\n      key: id\n"
        "      fields: {email: mail}\n"
    ),
    "samples.jsonl": "".join(
        f'{{"id": "{number}", "mail": "eve{number}@example.com"}}\n' for number in range(5)
    ),
    "mended.json": '{"id": "2", "mail": "eve@example.com"}',
    "workflow.yaml": (
        "rules:\n  - rule_id: seen\n    name: Seen\n    on: [lead.created]\n"
        "    conditions: {source: {operator: exists}}\n    actions: {notify: {to: [owner]}}\n"
    ),
    "fair.yaml": (
        "campaigns:\n  fair:\n    name: Fair\n    type: educational\n    purpose: service\n"
        "    zone: Europe/Berlin\n    steps: [{step: pause, wait: P2D}]\n"
    ),
    "fair.scenarios.yaml": (
        "scenarios:\n  - name: Waits\n    campaign: fair\n    enters: 2026-03-06 17:50\n"
        "    expect: [{at: 2026-03-08 17:50, ends: finished}]\n"
    ),
    "listed.csv": "lead_id\nlead_1\nlead_none\n",
    "segments.yaml": (
        "segments:\n  retail:\n    description: Shops\n"
        "    conditions: {industry: {operator: equals, value: retail}}\n"
    ),
    "setup/segments.yaml": (
        "segments:\n  large:\n    description: Large\n"
        "    conditions: {company_size: {operator: greater_than, value: 1000}}\n"
    ),
    "events.yaml": "event_types:\n  demo_request: {label: Asked for a demo}\n",
}

FAILED_CHECK = (
    "INSERT INTO data_checks (id, suite, checked_at, rows, expectations, held, stops, failed) "
    "VALUES ('check_1', 'events', now(), 9, 4, false, true, '[{\"severity\": \"critical\", "
    '"says": "Events are good", "words": "Events are good: not so in 3 of 9 rows"}]\')'
)


@dataclass(frozen=True)
class Step:
    """What is typed, and a part of the answer.

    ``keeps`` are a name and a pattern: all that it finds in the answer can be said in later words
    as ``{name[0]}`` and so on. ``into`` is a file that the answer goes to. ``left`` asks the store
    afterwards: SQL and what it answers. ``before`` is SQL that damages the store first.
    """

    words: str
    said: str
    typed: str = ""
    keeps: tuple[str, str] | None = None
    into: str = ""
    left: tuple[str, object] | None = None
    before: str = ""


def signed_in(username: str) -> Step:
    return Step(f"sign-in {username}", f"You act as {username} here", f"{PASSWORD}\n")


WAITING = "SELECT count(*) FROM quarantined_rows WHERE status = 'waiting'"
LEADS = "SELECT count(*) FROM leads"
DEAD = "SELECT count(*) FROM deliveries WHERE status = 'dead'"
IN_IT = "SELECT count(*) FROM enrolments WHERE ended_at IS NULL"
LEAD = ("lead", r"(lead_\w+)")
MAIL = "msg_" + "1".zfill(28)
MESSAGE = ("message", r"^ *(msg_\w+) +endpoint.ping")
ROW = ("row", r"^ *(\w+_\w{20,}) +leads.csv")
DELIVERY = ("delivery", r"^ *(dlv_\w+) +shop")
IMPORT = ("import", r"^ *(inbox_\w+) +late.csv")
SUPPRESSION = ("suppression", r"(supp_\w+)")
OWNER = (
    "SELECT external_id FROM assignments JOIN reps ON reps.id = rep_id"
    " WHERE ended_at IS NULL AND lead_id = '{lead[0]}'"
)

BRINGING_IN = (
    Step("import leads.csv", "Nothing was stored", left=(LEADS, 4)),
    Step("import leads.csv --mapping leads.mapping.yaml", "24 new leads", left=(LEADS, 28)),
    Step("quarantine list", "3 rows wait", keeps=ROW, left=(WAITING, 3)),
    Step("quarantine show {row[0]}", "2999-02-02"),
    Step("quarantine mend {row[0]} Created=2026-02-02", "Mended and stored", left=(LEADS, 29)),
    Step("quarantine retry --all", "0 rows stored; 2 go on waiting"),
    Step("quarantine discard {row[1]}", "Discarded", left=(WAITING, 1)),
    Step("import late.csv --mapping late.yaml", "1 new lead", left=(LEADS, 30)),
    Step("attributes drop tariff", "taken out of 1 lead"),
    Step("attributes list", "Tariff"),
    Step("attributes restore tariff", "is back in 1 lead"),
    Step("imports list", "late.csv", keeps=IMPORT),
    Step("imports undo {import[0]}", "1 lead it made taken back", left=(LEADS, 29)),
    Step("events import events.yaml", "New: demo_request"),
    Step("events list", "Asked for a demo"),
    Step("features list", "leadflow features build"),
    Step("sources propose samples.jsonl --name found --scheme token", "Written to found.source"),
    Step("sources check found.source.yaml", "New: found"),
    Step(
        "sources propose samples.jsonl --name list --journal https://crm.example.com/list",
        "Written to list.source",
    ),
    Step(
        "sources try list.source.yaml list --samples samples.jsonl",
        "deliveries tried, 0 dead. Nothing was stored.",
    ),
    Step("sources apply list.source.yaml", "leadflow sources secret list --given"),
    Step("sources apply shop.yaml", "nothing changes"),
    Step("sources secret shop", "The secret, shown this once"),
    Step("sources list", "token"),
    Step("sources show shop", "email: mail"),
    Step("sources try shop.yaml shop", "2 deliveries tried, 2 dead"),
    Step("deliveries list --status dead", "is not an e-mail address", keeps=DELIVERY),
    Step("deliveries show {delivery[0]}", "no address"),
    Step("deliveries discard {delivery[0]}", "is discarded", left=(DEAD, 1)),
    Step("deliveries retry {delivery[0]}", "1 delivery will be taken in", left=(DEAD, 1)),
    Step("deliveries retry --source shop --passed-over", "None was passed over"),
    Step(
        "deliveries correct {delivery[0]} mended.json",
        "will be taken in",
        before="UPDATE deliveries SET status = 'dead' WHERE status = 'received'",
        left=(DEAD, 1),
    ),
    Step("sources remove shop", "shop is removed"),
    Step("segments check segments.yaml", "New: retail"),
    Step("segments apply segments.yaml", "New: retail"),
    Step("segments list", "Shops"),
    Step("segments show retail", "value: retail"),
    Step("segments remove retail", "retail is removed"),
    Step("campaigns draw fair.yaml --to pictures", "Drawn: pictures/fair.svg"),
    Step("campaigns hours --country DE --region BE", "DE-BE, Europe/Berlin"),
    Step("campaigns mails fair.yaml --to mails", "fair: 0 contents written into mails"),
    Step("campaigns schema", "Campaigns of Leadflow"),
    Step("campaigns check fair.yaml", "fair: 1 step, 1 way"),
    Step("campaigns test fair.yaml", "100% of its ways"),
    Step("campaigns simulate fair.yaml --leads 50 --to pictures/fair.svg", "50 leads; 50 came in"),
    Step("campaigns apply fair.yaml", "New: fair"),
    Step("campaigns preview fair", "Nobody comes in by itself"),
    signed_in("olga"),
    Step("campaigns launch fair", "leadflow approvals show"),
    Step(
        "campaigns enroll fair --file listed.csv --anyway",
        "1 lead of 1 came in",
        before="UPDATE campaigns SET state = 'live', live_version = 1; "
        "UPDATE leads SET id = 'lead_1' WHERE id = (SELECT min(id) FROM leads "
        "WHERE id NOT IN (SELECT lead_id FROM assignments))",
        left=(IN_IT, 1),
    ),
    Step("campaigns messages", "There are no such messages"),
    Step("campaigns bounced listed.csv", "1 mail about something else, left alone"),
    Step("campaigns unread", "There are no mails that could not be read"),
    Step(
        f"campaigns settle {MAIL} --did-not-arrive",
        "Noted: it did not arrive",
        before="SELECT campaign_messages_month('msg_000000000000'); "
        "INSERT INTO campaign_messages (id, enrolment_id, campaign, version, step, lead_id, "
        "status, why, purpose, due_at) SELECT 'msg_' || lpad('1', 28, '0'), id, campaign, version, "
        "'pause', lead_id, 'uncertain', 'x', 'service', now() FROM enrolments LIMIT 1",
    ),
    Step(
        "channels smtp:here --stop",
        "smtp:here is stopped",
        before="INSERT INTO channel_circuits (channel, since) VALUES ('smtp:here', now())",
    ),
    Step("channels", "stopped by"),
    Step(f"campaigns messages {MAIL}", f"{MAIL}: failed, fair, step pause"),
    Step("campaigns list", "Fair"),
    Step("campaigns show fair", "pause"),
    Step("campaigns audit fair", "1 lead in all"),
    Step("campaigns pause fair", "fair is paused"),
    Step("campaigns resume fair", "fair goes on"),
    Step("campaigns unenroll fair --lead lead_1", "1 lead taken out of fair", left=(IN_IT, 0)),
    Step(
        "campaigns migrate fair v1 v2",
        "Nobody is in version 1 of fair",
        before="INSERT INTO campaign_versions SELECT campaign, 2, content, content_hash, "
        "created_at, created_by FROM campaign_versions WHERE campaign = 'fair'; "
        "UPDATE campaigns SET live_version = 2 WHERE name = 'fair'",
    ),
    Step("campaigns stop fair", "fair is stopped; 0 leads left it"),
    Step("campaigns archive fair", "fair is archived"),
    Step("config check setup", "setup is in order"),
    Step("config apply setup", "New in segments: large"),
    Step("config export out", "event_types.yaml"),
    Step("status", "Rows of files set aside"),
)
PEOPLE = (
    Step("people add tim --role analyst --name Tim", "Password of tim (shown once)"),
    Step("people change tim --role operator", "tim: operator, active: True"),
    Step("people password tim", "Password of tim (shown once)"),
    Step("people delegate ben tim --days 3", "tim stands in for ben, 3 days"),
    Step("people list", "operator"),
    Step("keys create web", "API key for web (shown once)"),
    Step("keys rotate web", "Older keys of web end in 24 h"),
    Step("keys list", "web"),
    Step(
        "keys revoke web",
        "2 keys of web revoked",
        left=("SELECT count(*) FROM api_keys WHERE revoked_at IS NULL", 0),
    ),
    Step("keys servers", "password"),
)
TEAM = (
    Step("reps list", "Ann Alder"),
    Step("reps show ann", "Ann Alder"),
    Step("reps export team.yaml", "3 salespeople written to team.yaml"),
    Step("reps off bob 2999-12-24 2999-12-31", "bob is off from 2999-12-24 to 2999-12-31"),
    Step("reps import team.yaml", "stored, as version 3 of the team"),
    Step("reps versions", "3"),
    Step("reps restore 2", "that of version 2 again, now as version 4"),
    Step("reps territories", "everybody takes leads from everywhere"),
    Step("rules check rules.yaml", "The rules are in order"),
    Step("rules try rules.yaml --last 20", "Nothing was stored"),
    Step("rules import rules.yaml --no-activate", "Version 1 is stored and not active"),
    Step("rules list", "not active"),
    Step("rules try workflow.yaml --kind workflow", "Nothing was stored or done"),
    Step("rules activate 1", "Version 1 is active"),
    Step("rules show", "auto_assign_high_score"),
)
WORK = (
    Step("assignments list --rep ann", "Ann Alder", keeps=LEAD),
    Step("assignments list --rep bob", "Bob Birch", keeps=("other", LEAD[1])),
    Step("rules why {lead[0]}", "No workflow rule"),
    Step(
        "consent record {lead[0]} --withdrawn --evidence told_us", "does not want mail of this kind"
    ),
    Step("consent suppress eve@example.com --reason erased", "Nobody writes", keeps=SUPPRESSION),
    Step("consent release {suppression[0]} --why x", "Released"),
    Step("consent show {lead[0]}", "legal: may be sent"),
    Step("assignments overdue", "Ann Alder"),
    Step("assignments unroutable", "Every lead that should have a salesperson has one"),
    signed_in("ann"),
    Step("assignments accept {lead[0]}", "Ann Alder has {lead[0]}"),
    Step("assignments touch {lead[0]}", "touched"),
    Step("assignments reassign {lead[0]} bob --reason x", "It waits for", left=(OWNER, "ann")),
    Step("assignments accept {lead[1]}", "Ann Alder has {lead[1]}"),
    Step("assignments return {lead[1]} --reason x", "no longer has {lead[1]}"),
    signed_in("olga"),
    Step(
        "assignments decline {other[0]} --reason x",
        "no longer has {other[0]}",
        left=("SELECT count(*) FROM assignments WHERE ended_at IS NULL", 2),
    ),
    signed_in("ann"),
    Step(
        "assignments take {other[1]}",
        "Ann Alder has {other[1]}",
        before="UPDATE assignments SET escalation_step = 8, clock_starts_at = assigned_at, "
        "due_at = assigned_at WHERE ended_at IS NULL; "
        "UPDATE reps SET is_fallback = false; UPDATE reps SET is_fallback = true "
        "WHERE external_id = 'ann'",
    ),
    signed_in("olga"),
    Step("outcomes tell {other[1]} lost --on 2026-03-01", "{other[1]} is lost"),
    Step("outcomes tell {other[1]} reopened", "{other[1]} is open"),
    Step("outcomes log {other[1]}", "reopened"),
    Step("overrides", "Met them"),
    Step("overrides report", "Judged: 0 leads"),
    Step("performance report --days 5000", "Ann Alder"),
    Step("leads export all.csv --why x", "29 leads in all.csv"),
    Step("leads exports", "done", keeps=("export", r"^ *(exp_\w+)")),
    Step("leads fetch {export[0]} again.csv", "29 leads in again.csv"),
)
DECIDING = (
    Step("approvals list", "assignment override: lead_", keeps=("asked", r"^ *(appr_\w+)")),
    Step("approvals show {asked[0]}", "Asked by "),
    signed_in("olga"),
    Step(
        "approvals decide {asked[0]} approve --reason x",
        "is approved",
        left=("SELECT status FROM approvals WHERE id = '{asked[0]}'", "approved"),
    ),
    signed_in("mary"),
    Step("audit forget {lead[0]} --why x", "It waits for"),
    Step("quality sample --day 2026-03-01", "score: 4 of 4 of 2026-03-01 drawn"),
    Step("quality waiting", "Look at one", keeps=("item", r"^ *(\w+_\w{20,}) +score")),
    Step("quality show {item[0]}", "Judge it"),
    Step("quality judge {item[0]} --level hot", "You agree"),
    Step("quality flag {lead[0]} --why x", "No model learns from {lead[0]} from now on"),
    Step("quality unflag {lead[0]}", "Models learn from {lead[0]} again"),
    signed_in("ben"),
    Step("quality judge {item[0]} --level cold", "The machine decided: hot"),
    signed_in("olga"),
    Step("quality settle {item[0]} --machine right", "{item[0]} is settled"),
    Step("quality report --days 5000", "People agree with 100% of scores"),
    Step("policies show", "policies", into="policies.yaml"),
    Step("policies try policies.yaml", "assignment_override"),
    Step("policies store policies.yaml", "of the policies counts from now on"),
)
KEEPING = (
    Step("endpoints types", "Another level counts"),
    Step("endpoints add crm https://crm.example.com/in --type lead.lost", "whsec_"),
    Step("endpoints change crm --type lead.created --description CRM", "crm is changed"),
    Step("endpoints secret crm", "shown this once"),
    Step("endpoints ping crm", "leadflow endpoints message crm msg_"),
    Step("endpoints list", "crm.example.com"),
    Step("endpoints messages crm", "waiting", keeps=MESSAGE),
    Step("endpoints message crm {message[0]}", "endpoint.ping: waiting"),
    Step("endpoints replay crm {message[0]}", "1 message will be sent again"),
    Step("endpoints disable crm", "crm is disabled"),
    Step("endpoints enable crm", "crm is enabled"),
    Step(
        "endpoints remove crm",
        "crm is deleted",
        left=("SELECT status FROM webhook_endpoints", "deleted"),
    ),
    Step("outbox list --state waiting", "waiting", keeps=("act", r"^(out_\w+)")),
    Step("outbox settle {act[0]} --why x --as nothing_done", "{act[0]} is nothing_done now"),
    Step("outbox retry {act[0]} --why x", "{act[0]} waits to be performed"),
    Step("audit show {lead[0]}", "lead.assigned"),
    Step("audit export-head", "written to"),
    Step("audit verify", "The log is as it was written"),
    Step("checks list", "check_1", before=FAILED_CHECK),
    Step("checks show check_1", "critical: Events are good: not so in 3"),
    Step("checks accept check_1 --reason x", "stops nothing any more"),
    Step("backup kept.backup", "MiB, whole"),
    Step("backup kept.backup --check", "This installation has its key"),
    Step("audit resume --why x", "The log goes on at row", before="DELETE FROM audit_head"),
    Step("sign-out", "Signed out"),
)
STORY = (*BRINGING_IN, *PEOPLE, *TEAM, *WORK, *DECIDING, *KEEPING)

# With three learned models, of which the first two were approved one after the other.
MODELS = (
    Step("simulate --leads 1200 --seed 3 --reps 3", "No model can rank them better"),
    Step("performance compare", "salespeople, whose effects were learned"),
    Step("models list", "champion, approved", keeps=("version", r"^ *(\d+) +2026")),
    Step("models compare {version[0]} rubric", "the rubric"),
    Step("models rollback --reason x", "serves in place of version {version[1]}"),
    signed_in("olga"),
    Step("models promote {version[0]}", "It waits for people: approval"),
    Step("sign-out", "Signed out"),
)

# These need servers that run, or minutes: the test that types each, in a process of its own.
_SUPERVISOR = (
    "tests/integration/test_up_and_down.py::test_up_brings_everything_and_down_ends_just_that"
)
_FLOWS = "tests/flows/test_typed_flows.py::test_every_other_flow_is_run_from_the_terminal"
_FEATURES = "tests/flows/test_features.py::test_sets_are_made_shown_and_compared_at_the_terminal"
ELSEWHERE = {
    "approvals withdraw": (
        "tests/integration/configuration/test_drafts_at_the_terminal.py"
        "::test_whoever_wrote_a_change_takes_it_back_and_those_asked_are_told"
    ),
    "assign": "tests/flows/test_typed_flows.py::test_a_flow_is_run_from_the_terminal",
    "checks run": _FLOWS,
    "demo": "tests/flows/test_demo.py::test_the_demo_runs_and_runs_again_the_next_morning",
    "doctor": _SUPERVISOR,
    "down": _SUPERVISOR,
    "features build": _FEATURES,
    "features diff": _FEATURES,
    "features show": _FEATURES,
    "keys rotate-master": (
        "tests/integration/test_master_key.py"
        "::test_a_rotation_that_is_killed_is_gone_on_with_and_everything_is_read_and_found_meanwhile"
    ),
    "monitor": _FLOWS,
    "qualify": _FLOWS,
    "restore": (
        "tests/integration/test_restore_of_all.py"
        "::test_all_there_was_comes_back_elsewhere_and_goes_on"
    ),
    "score": _FLOWS,
    "train": _FLOWS,
    "up": _SUPERVISOR,
}
