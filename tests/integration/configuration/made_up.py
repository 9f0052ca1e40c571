"""A directory that sets up one thing of each kind, and who applies it."""

from datetime import UTC, datetime
from pathlib import Path

from leadflow.configuration.service import Applicant, KindApplied

PROJECT = Path(__file__).parents[3]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FILES = {
    "event_types.yaml": """\
event_types:
  demo_request: {label: 'no', payload: {type: object, const: null}}
  demo_taken: {label: Took a demo, counts_as: demo_request, reopens: true}
""",
    "sources.yaml": """\
sources:
  shop:
    scheme: token
    mapping:
      key: id
      fields: {email: mail}
      attributes: {plan: {column: plan, kind: categorical}}
    starts: [{deployment: train_model, parameters: {how: 007}}]
  crm: {scheme: hubspot, mapping: {key: objectId, fields: {email: mail}}}
""",
    "segments/shops.yaml": """\
segments:
  shops:
    conditions: {industry: {operator: in, value: [retail, '1e5', NO]}}
  pro_shops:
    description: Shops that pay
    conditions:
      segments: {operator: contains, value: shops}
      attributes.plan: {operator: equals, value: pro}
      events.demo_request.count: {operator: greater_than, value: 0.5}
""",
    "territories.yaml": """\
territories:
  - {name: Norway, countries: ['NO']}
  - {name: Oslo, parent: Norway, postal_ranges: [0001-1299]}
""",
    "policies.yaml": """\
calendar: {time_zone: Europe/Oslo, hours: {mon: ["09:00-17:00"]}, days_off: [2026-12-24]}
policies:
  - policy: scores
    decision: score_override
    when: {change: {operator: greater_than, value: 1.5}}
    levels: [{roles: [sales_manager], quorum: 2}]
    hours: 8.5
""",
    "campaigns/fairs.yaml": """\
campaigns:
  after_the_fair:
    name: After the fair
    type: educational
    zone: Europe/Oslo
    enter: {on: [lead.did.demo_request]}
    steps:
      - {step: hello, send: hello}
      - {step: pause, wait: P2D}
    contents:
      hello:
        subject: Good to have met you
        body: |
          <mj-section><mj-column><mj-text>
            Hello {{ lead.first_name | fallback("there") }},
            <a href="{{ unsubscribe_url }}">no more mails</a>
          </mj-text></mj-column></mj-section>
""",
    "rules/assignment.yaml": """\
- rule_id: pro
  name: Shops that pay
  conditions:
    segments: {operator: contains, value: pro_shops}
  actions: {assign_lead: true, strategy: round_robin}
""",
    "rules/reopening.yaml": """\
rules: []
""",
    "rules/workflow.yaml": """\
rules:
  - rule_id: seen
    name: Somebody has asked for a demo
    on: [lead.did.demo_request]
    conditions: {source: {operator: exists}}
    actions: {notify: {to: [owner]}}
""",
}


def anybody(name: str = "ana") -> Applicant:
    """Somebody who may do everything."""
    return Applicant(name, lambda _permission: None)


def changed(outcomes: list[KindApplied]) -> dict[str, tuple[str, ...]]:
    """The names of what is new, changed or taken out, by kind."""
    return {
        one.kind: (*one.stored.new, *one.stored.changed, *one.taken_out)
        for one in outcomes
        if not one.nothing
    }
