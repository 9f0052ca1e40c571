"""The level of a job title, in seven languages: right, or not recognised. Pure.

A title is read without accents, capitals and gender marks. What it says of somebody else (``to
the CEO``), of the past (``former CEO``) or denies (``not CEO``) is left out before it is read. The
first level whose words fit decides, so the words that merely contain another title come first.
"""

import re
import unicodedata
from functools import lru_cache

Words = tuple[str, ...]

_MARKS = re.compile(
    r"[(\[]\s*[mwfdhxvi](?:\s*[/|,.]\s*[mwfdhxvi*]){1,3}\s*[)\]]"  # (m/w/d), (f/h), (h/f/x)
    r"|(?<=\w)(?:[:*_·]|/-?)(?:in|innen|rice|trice|euse|ere|ne|a|e)\b"  # Leiter:in, directeur·rice
    r"|(?<=\w)\((?:in|a|e|rice|trice)\)"  # Leiter(in), director(a)
)
# What follows, up to the next comma or the like, is no longer or not yet so, or never was.
_GONE = re.compile(
    r"\b(?:former(?:ly)?|ex|past|retired|previous(?:ly)?|not|no longer|never|aspiring|future|"
    r"would-be|wannabe|emerit\w+|ancien(?:ne)?|retraitee?|pensionato|jubilad[oa]|aposentad[oa]|"
    r"ehemalig\w*|fruher\w*|kein\w*|pensioniert\w*|antigu[oa]|antig[oa]|voormalig\w*|gepensioneerd|"
    r"a ?d)\b[\s:.-]*(?P<rest>[^,;|/()\[\]]*)"
)
_OTHERS = re.compile(
    r"\s+(?:to|reporting to|reports to)\s.*"
    r"|\b(?:office|staff|team|friend|wife|husband|son|daughter) of (?:the |our )?(?=c[a-z]o\b|"
    r"found|presid).*"
    r"|\b(?:c[a-z]o|founder|president)(?:'?s)? office\b"
)
_NO_LEVEL: Words = (
    r"\b(?:intern|trainee|student|apprentice|praktikant(?:in)?|werkstudent(?:in)?|azubi|"
    r"auszubildende[rn]?|stagiaire?|apprentie?|alternante?|etudiante?|becari[oa]|practicante|"
    r"estudiante|tirocinante|stagista|studente(?:ssa)?|estagiari[oa])\s*(?=$|[,;|/()\[\]&-])",
    r"^(?:intern|working student|praktikant(?:in)?|werkstudent(?:in)?|stagiaire?|apprentie?|"
    r"alternante?|becari[oa]|tirocinante|stagista|estagiari[oa])\b(?! manager)",
)
_ASSISTS: Words = (
    r"\b(?:executive|personal) assistant\b",
    r"\bassistant to\b",
    r"\b(?:secretary|secretaire|secretari[oa]|sekretar(?:in)?|segretari[oa]|\w*secretaresse)\b"
    r"(?! general)",
    r"\b(?:assistante?|asistente|assistente|assistent(?:in)?|assistenz|referent(?:in)?)\s"
    r"(?:du|de|des|del|della|di|da|do|der|van|fur|zur)\b",
)
_DEPUTIES: Words = (
    r"\b(?:deputy|vice|stellv\w*|adjunct)[ -](?:ceo|managing director|gesch[a]e?ftsf|vorstand)",
    r"\bdirect(?:eur|rice) generale? adjointe?\b|\bdga\b",
    r"\b(?:director|directora) general adjunt[oa]\b|\bvice[ -]?direttor\w+ general\w*",
)
_EXECUTIVES: Words = (
    r"(?<!non )(?<!non-)\bexecutive director\b|\bmanaging (?:director|partner)\b|\bentrepreneur\b",
    r"\bc(?:[efimoprstx]|am|dt|is|hr|ompliance )o\b|\bchief\b|\b(?:co-?)?founder\b",
    r"(?<!product )(?<!process )(?<!data )\bowner\b",
    r"(?<!vice )(?<!vice-)\bpresident[ea]?\b",
    # de
    r"\bge?sch[a]e?ftsf[u]e?hr(?:er|erin|ung|end\w*)\b|\bgesch[a]e?ftsleit(?:er|erin|ung)\b",
    r"\b(?:allein|finanz|vertriebs|personal)?vorst[a]e?nd(?:s?(?:vorsitzende[rn]?|mitglied|in|e)?)\b",
    r"\b(?:mit)?inhaber(?:in)?\b|\b(?:mit)?gr[u]e?nder(?:in)?\b",
    # fr
    r"\bdirect(?:eur|rice) generale?\b|\bpdg\b|\bgerante?\b|\b(?:co-?)?fondat(?:eur|rice)\b",
    # es, pt
    r"\bdirec?tora? (?:general|geral|ejecutiv[oa]|executiv[oa]|gerente|presidente)\b",
    r"\bgerente general\b|\bconsejer[oa] delegad[oa]\b|\badministrador(?:a)? delegad[oa]\b",
    r"\b(?:co-?)?fundador(?:a)?\b|\bproprietari[oa]\b|\bpropietari[oa]\b|\bduen[oa]\b",
    r"\bsoci[oa][ -](?:gerente|fundador|director)",
    # it
    r"\bamministrat(?:ore|rice) (?:delegat[oa]|unic[oa])\b|\bdiret(?:tore|trice) generale\b",
    r"\b(?:co-?)?fondatore\b|\btitolare\b",
    # nl
    r"\balgemeen directeur\b|\bdirecteur[ -]eigenaar\b|\b(?:mede-?)?eigenaar\b|"
    r"\b(?:mede-?)?oprichter\b|\bbestuursvoorzitter\b",
)
_VICE_PRESIDENTS: Words = (r"\b[aes]?vp\b", r"\bvice[ -]?president[ea]?\b")
# Their words end like those of directors.
_LEADERS_OF_TEAMS: Words = (
    r"\b(?:projekt|teil ?projekt|team|gruppen|filial|schicht|bau|produkt)-?leit(?:er|erin|ung)\b",
)
_DIRECTORS: Words = (
    r"\bdirector\b|\bhead\b",
    r"(?<!beg)(?<!ab)leiter(?:in)?\b|\bleitung\b|\w{3}leitung\b|\bdirektor(?:in)?\b",
    r"\bdirect(?:eur|rice)\b|\bdirectora\b|\bdiretora?\b|\bdiret(?:tore|trice)\b|\bdirigente\b",
    r"\bhoofd\b",
)
_MANAGERS: Words = (
    r"\bmanager\b|\bmanagement\b|\blead\b|\bsupervisor\b|\bprincipal\b",
    r"\bresponsable\b|\bresponsabile\b|\bgerente\b|\bjef[ea] de\b|\bchefe\b|"
    r"\bchef(?:fe)? (?:de (?!cuisine|partie|rang)|d'|du )",
    r"\bcapo ?(?:progetto|reparto|ufficio|area)\b",
    r"\b(?:team|project)leider\b|\bleidinggevende\b|\bafdelingshoofd\b",
)
_SPECIALISTS: Words = (
    r"specialist|engineer|analyst|consultant|developer|coordinator|associate|assistant|"
    r"representative|executive|administrator|technician|designer|accountant|officer|"
    r"architect|scientist|strategist|advisor|adviser|planner|buyer|writer|editor|owner|\badmin",
    r"sachbearbeiter|referent|berater|entwickler|ingenieur|buchhalter|assisten|\beink[a]e?ufer|"
    r"verk[a]e?ufer|mitarbeiter|fachkraft|techniker|kaufmann|kauffrau",
    r"technicien|conseill|\bchargee? d|comptable|\bacheteu|developpeu",
    r"ingenier[oa]|ingegnere|engenheir[oa]|analista|asesora?\b|tecnic[oa]\b|asistente|contab[il]l?e|"
    r"consult(?:ora?|ente)\b|consulente|desarrollador|sviluppat|comprador|impiegat|addett|"
    r"especialista",
    r"medewerk|adviseur|ontwikkelaar|inkoper|verkoper|boekhoud|beheerder",
)
LEVELS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (level, re.compile("|".join(words)))
    for level, words in (
        ("other", _NO_LEVEL),
        ("specialist", _ASSISTS),
        ("vice president", _DEPUTIES),
        ("executive", _EXECUTIVES),
        ("vice president", _VICE_PRESIDENTS),
        ("manager", _LEADERS_OF_TEAMS),
        ("director", _DIRECTORS),
        ("manager", _MANAGERS),
        ("specialist", _SPECIALISTS),
    )
)


@lru_cache(maxsize=65536)
def seniority(job_title: str | None) -> str | None:
    """The level of a job title; ``other`` for one that is not recognised, has none or is past. None
    without a title."""
    if not (job_title or "").strip():
        return None
    words = _of_today(_plain(job_title or ""))
    return next((level for level, pattern in LEVELS if pattern.search(words)), "other")


def _plain(title: str) -> str:
    """Small letters without accents, dots and gender marks."""
    small = unicodedata.normalize("NFKD", title.lower().replace("ß", "ss").replace("’", "'"))
    letters = "".join(sign for sign in small if not unicodedata.combining(sign))
    return " ".join(_MARKS.sub("", letters).replace(".", "").split())


def _of_today(words: str) -> str:
    """The title without what somebody else is, and what this one was, will be or is not."""
    words = _OTHERS.sub("", words)
    for gone in _GONE.finditer(words):
        if not gone["rest"].strip():
            return ""  # ``CEO (retired)``: all of it
    return _GONE.sub("", words).strip()
