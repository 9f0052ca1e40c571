"""Kinds of configuration as people call them, and how something new of each begins."""

from dataclasses import dataclass


@dataclass(frozen=True)
class KindWords:
    """What a kind is called, what it is for, what one of it is, and how a new one begins."""

    title: str
    what: str
    one: str = ""
    begins: str = ""


CONDITIONS = "    conditions:\n      industry: {operator: equals, value: retail}\n"
CAMPAIGN = """campaigns:
  after_the_fair:
    name: After the fair
    type: educational
    zone: Europe/Berlin
    steps:
      - {step: thanks, send: thanks}
    contents:
      thanks:
        subject: Good to have met you
        body: |
          <mj-section><mj-column><mj-text>
            Hello {{ lead.first_name | fallback("there") }}, good to have met you.
            <a href="{{ unsubscribe_url }}">No more mails</a>
          </mj-text></mj-column></mj-section>
"""
KINDS = {
    "rules/assignment": KindWords(
        "Who gets a lead",
        "rules by which leads are handed out",
        begins="rules:\n  - rule_id: large_companies\n    name: Large companies\n"
        "    conditions:\n      company_size: {operator: greater_or_equal, value: 1000}\n"
        "    actions: {assign_lead: true}\n    priority: 10\n"
        "default: {assign_lead: true}\n",
    ),
    "rules/reopening": KindWords(
        "When lost leads come back",
        "rules by which lost leads are opened again",
        begins="rules:\n  - rule_id: half_a_year\n"
        "    name: Lost for half a year, and back on the website\n    conditions:\n"
        "      lost_days: {operator: greater_than, value: 180}\n"
        "      events.pricing_view.count_30d: {operator: greater_than, value: 0}\n"
        "    actions: {reopen: true}\n",
    ),
    "rules/workflow": KindWords(
        "What happens by itself", "rules that act when something happens to a lead"
    ),
    "policies": KindWords("Who must agree", "which decisions need whose approval, and by when"),
    "segments": KindWords(
        "Segments",
        "groups of leads by conditions, for rules and campaigns",
        "segment",
        "segments:\n  large_shops:\n    description: Large shops\n" + CONDITIONS,
    ),
    "territories": KindWords(
        "Territories",
        "which part of the market is whose",
        "territory",
        "territories:\n  - name: Germany\n    countries: [DE]\n",
    ),
    "sources": KindWords(
        "Sources",
        "programs that send leads, and what their fields mean",
        "source",
        "sources:\n  our_form:\n    scheme: token\n    mapping:\n      key: id\n"
        "      fields: {email: mail, company_name: company}\n",
    ),
    "campaigns": KindWords(
        "Campaigns",
        "the steps and mails of campaigns; a change counts once it is launched",
        "campaign",
        CAMPAIGN,
    ),
    "event_types": KindWords(
        "Kinds of events",
        "what people do that only your company counts",
        "kind of event",
        "event_types:\n  booth_visit: {label: Came to the booth, counts_as: meeting}\n",
    ),
}


def of_kind(name: str) -> KindWords:
    """What a kind is called; of one that nobody has named here, by its own name."""
    return KINDS.get(name, KindWords(name.replace("/", " ").replace("_", " ").capitalize(), ""))
