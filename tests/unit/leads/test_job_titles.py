"""A job title gives the right level, or none: what is past, denied or somebody else's is not it."""

import pytest

from leadflow.leads.readers.job_titles import seniority

TITLES = {
    "executive": """
        CEO|C.E.O.|Chief Revenue Officer|Founder & former CTO|Owner|President|Interim CEO
        CEO | ex-Google|Co-Founder & CTO|Managing Director|Executive Director
        CEO, former VP Sales|Geschäftsführer|Geschaeftsfuehrerin|Geschäftsführer:in (m/w/d)
        Geschäftsführender Gesellschafter|Vorstandsvorsitzende|Mitglied des Vorstands|Inhaber
        Gründerin|Mitglied der Geschäftsleitung|Directeur général|Directrice Générale|PDG
        Président|Gérant|Co-fondateur|Director General|Directora general|Consejero Delegado
        Gerente General|Fundadora|Presidenta|Amministratore Delegato|Direttore Generale
        Titolare|Presidente|Algemeen Directeur|Directeur-eigenaar|Oprichter|Diretor Geral
        Diretora Executiva|Sócio-gerente|Proprietário
    """,
    "vice president": """
        VP of Sales|SVP Marketing|Senior Vice President, Sales|Vice President|Vice-président
        Vicepresidente|Deputy CEO|Directeur général adjoint|Stellv. Geschäftsführer
    """,
    "director": """
        Director of IT|Director, Operations|Head of IT|Head of Path to Purchase
        Head of Purchasing|Non-Executive Director|Director of Student Affairs|Leiter Einkauf
        Leiterin Marketing|Vertriebsleiter|Bereichsleiter:in|Leitung Einkauf|Direktorin
        Directeur commercial|Directrice des achats|Directora de Ventas|Direttore Vendite
        Hoofd Inkoop|Directeur Operations|Diretor Comercial|Diretora de Marketing
    """,
    "manager": """
        Marketing Manager|Team Lead|Assistant Manager|Projektleiter|Teamleiterin
        Responsable marketing|Chef de projet|Gerente de Ventas|Jefa de Compras
        Responsabile Acquisti|Capo progetto|Teamleider|Projectleider|Gerente Comercial
        Chefe de Vendas
    """,
    "specialist": """
        Engineer|Account Executive|Vorstandsassistentin|Executive Assistant to the CEO
        Assistant to the President|Product Owner|Advisor to the CEO|Consultant, ex-CEO
        Former CEO, now consultant|Analyst, CEO Office|Sachbearbeiter Einkauf
        Assistentin der Geschäftsführung|Ingénieur|Assistante de direction
        Assistant du Directeur général|Chargée de communication|Ingeniera
        Asistente de dirección|Impiegata|Assistente di direzione|Medewerker inkoop
        Directiesecretaresse|Engenheiro
    """,
    "other": """
        intern (not CEO)|Former CEO|Ex-CEO|ex CEO|Retired Vice President|CEO (retired)
        CEO emeritus|Aspiring CFO|CEO intern|Intern|Student|Praktikant im Vertrieb
        Werkstudentin|Ehemaliger Geschäftsführer|Geschäftsführer a.D.|Ancien directeur général
        Antiguo director|Voormalig directeur|Stagiaire|Becario|Tirocinante|Reisebegleiterin
        Astronaut|Wizard|Chef de cuisine|not the owner|Marketing Praktikant:in
    """,
}
CASES = [
    (title.strip(), level)
    for level, titles in TITLES.items()
    for line in titles.splitlines()
    for title in line.replace(" | ", " ¦ ").split("|")
    if title.strip()
]


@pytest.mark.parametrize(("title", "level"), CASES)
def test_a_title_gives_its_level_or_none(title: str, level: str) -> None:
    assert seniority(title.replace(" ¦ ", " | ")) == level


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_without_a_title_there_is_no_level(nothing: str | None) -> None:
    assert seniority(nothing) is None
