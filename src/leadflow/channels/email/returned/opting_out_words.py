"""How people say that they want no more mails, in eight languages. Written as ``plain`` writes
words: small letters without accents."""

import re
import unicodedata
from collections.abc import Iterator

_UNSUBSCRIBE = "unsubscribe"
# Two letters wrong, missing or exchanged are still that word; "subscribe" does not begin so.
_TYPOS = 2
_LETTERS = str.maketrans({"ł": "l", "ß": "ss", "’": "'", "‘": "'", "`": "'", "´": "'", "‑": "-"})
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")

# The wish itself.
_SAYS = re.compile(
    r"\b(?:unsubscribe|un-?sub|opt(?:ing)?[- ]?out|opt me out|remove(?: me| us)?"
    r"|(?:take|get|delete) (?:me|us) (?:off|from|out)"
    r"|cancel (?:my |the |this |your )?(?:subscription|newsletter)"
    r"|no (?:more|further) e-?mails?|no e-?mails? (?:any ?more|please)"
    r"|no more (?:of )?(?:mails?|messages|newsletters?)"
    r"|(?:do not|don't|dont|stop) (?:send(?:ing)?|e-?mail(?:ing)?|mail(?:ing)?|writ(?:e|ing)"
    r"|contact(?:ing)?) ?(?:to )?(?:me|us)|stop"
    r"|abmelden|abmeldung|abbestellen|abbestellung|abmeldn|austragen|stopp|abbestelle"
    r"|(?:nehmen|streichen|loschen|entfernen|tragen) sie (?:mich|uns|meine)"
    r"|(?:nimm|streiche?|losche?|entferne?|trage?) (?:mich|uns)"
    r"|meld(?:e|en) (?:sie |du )?(?:mich|uns)(?= .*\bab\b)"
    r"|(?:bitte keine|keine weiteren|keine werbung)(?: e-?mails?| mails?| newsletter| nachrichten)?"
    r"|keine (?:e-?mails?|mails?|newsletter|nachrichten) mehr"
    r"|desabonner|desabonne|desabonnez|desabonnement|desinscription|desinscrire|desinscrivez"
    r"|(?:ne )?plus (?:recevoir|d'e-?mails?|de (?:mails?|messages|newsletters?))"
    r"|(?:retirez|supprimez|enlevez)[- ](?:moi|nous)"
    r"|(?:de |dar(?:me|nos)? de |deme de |denme de |darse de )?baja"
    r"|desuscri(?:bir|birme|birse|be|beme|banme|pcion)"
    r"|(?:cancelar|anular) (?:la |mi )?su[bs]+cripcion"
    r"|(?:eliminar|eliminen|borrar|borren|quitar|quiten)me"
    r"|no (?:quiero |deseo )?(?:recibir )?mas (?:correos|e-?mails?|mensajes)"
    r"|no me (?:envien|manden|escriban) mas"
    r"|disiscri(?:vimi|vetemi|vere|vermi|vi|zione)|cancella(?:mi|temi|rmi|zione)"
    r"|(?:annulla|annullare)(?: l'| la )?iscrizione|rimuov(?:imi|etemi)|togli(?:mi|etemi)"
    r"|basta e-?mails?|non (?:voglio|desidero) (?:piu )?ricevere"
    r"|descadastr(?:ar|e|em|amento)|desinscrever|remova-me|retir(?:e|em)-me"
    r"|(?:cancelar|anular) (?:a )?(?:minha )?(?:inscricao|subscricao|assinatura)"
    r"|nao quero (?:mais )?receber(?: mais)?"
    r"|uitschrijven|uitschrijving|afmelden|afmelding|meld (?:mij|me|ons) af"
    r"|schrijf (?:mij|me|ons) uit|(?:haal|verwijder) (?:mij|me|ons)|geen (?:e-?)?mails? meer"
    r"|wypisz|wypisac|wypisanie|wypiszcie|rezygnuje|rezygnacja|usun(?:cie)? mnie"
    r"|nie chce (?:wiecej |juz )?(?:otrzymywac )?(?:wiecej )?"
    r"(?:e-?)?(?:maili|wiadomosci|newslettera))\b"
)
# What may stand around it and changes nothing of it: politeness, who, from what, and when.
_WORDS_AROUND = """
please pls plz kindly thanks thank thx you many hello hi hey dear sir madam all sorry just now
immediately asap today regards best kind cheers i we would like want wish wanna to can could will
be me us my our your yours the this these that those of from off on out any and email e-mail
emails e-mails mail mails mailing mailings list lists newsletter newsletters address distribution
marketing contact database messages message again anymore more further sending emailing writing
contacting it
bitte danke vielen dank hallo guten tag morgen liebe lieber sehr geehrte geehrter damen herren und
mit freundlichen grussen grusse viele beste mfg vg lg sofort umgehend ich mochte wir mich uns mir
sie du vom von aus dem den der die das ihrem ihren ihrer ihre eurem eurer euren dieser diesem
diese verteiler liste mailingliste adresse adressliste datenbank ab mehr weiteren weitere erhalten
bekommen schicken senden meine e-mail-adresse kunftig werbung
bonjour merci beaucoup svp stp s'il vous te plait cordialement je veux voudrais souhaite
souhaiterais se moi nous ne de des la le les cette ce vos votre diffusion courriel courriels
d'avance
por favor hola ola buenos buenas dias tardes saludos gracias muchas quiero deseo quisiera necesito
solicito en el los las su sus lista listas boletin correo correos suscripcion obrigado obrigada
bom dia boa tarde cumprimentos quero gostaria desejo da do dos desta deste sua suas minha mais o a
os as
per favore piacere cortesia grazie mille buongiorno salve ciao saluti cordiali distinti vorrei
voglio desidero chiedo di dalla dalle dal della vostra vostre tua questa mailing-list posta mi
alstublieft alsjeblieft aub u b s v p graag bedankt hartelijk goedendag groet groeten vriendelijke
met ik wil wij mij ons van voor uit uw jullie deze het een mailinglijst lijst nieuwsbrief
nieuwsbrieven
prosze dziekuje dzien dobry witam pozdrawiam chce chcialbym chcialabym mnie z ze tej waszej e meu
meus listy newslettera subskrypcji wiadomosci maili mailingowej bazy
"""
_AROUND = frozenset(_WORDS_AROUND.split())
_LONGEST = 15


def plain(text: str) -> str:
    """A text in small letters without accents, in words with one blank between, and the word
    unsubscribe as it is spelt."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    without = "".join(sign for sign in apart if not unicodedata.combining(sign))
    joined = re.sub(r"\bun[- ]subscri", "unsubscri", without)
    return " ".join(_spelt(word) for word in _WORD.findall(joined))


def says_just_this(line: str) -> bool:
    """Whether a line, in plain words, is the wish for no more mails with what is polite around it,
    and nothing else."""
    if not 0 < len(line.split()) <= _LONGEST:
        return False
    return any(all(word in _AROUND for word in rest) for rest in _around(line))


def is_polite(line: str) -> bool:
    """Whether a line, in plain words, says nothing of its own, as greetings do."""
    return all(word in _AROUND for word in line.split())


def says_perhaps(line: str) -> bool:
    """Whether the wish stands in a line in certain words, whatever else it says."""
    return any(found[0] not in ("stop", "remove", "baja") for found in _SAYS.finditer(line))


def _around(line: str) -> Iterator[list[str]]:
    """What is left of a line without the wish, for each place at which it says one."""
    for found in _SAYS.finditer(line):
        yield (
            _SAYS.sub(" ", line[: found.start()] + " " + line[found.end() :])
            .replace("-", " ")
            .split()
        )


def _spelt(word: str) -> str:
    near = word[0] == "u" and abs(len(word) - len(_UNSUBSCRIBE)) <= _TYPOS
    return _UNSUBSCRIBE if near and _differ(word, _UNSUBSCRIBE) <= _TYPOS else word


def _differ(one: str, other: str) -> int:
    """In how many letters two words differ: wrong, missing, added (Levenshtein 1966)."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        before, row[0] = row[0], number
        for place, its in enumerate(other, 1):
            change = before + (letter != its)
            before, row[place] = row[place], min(change, row[place] + 1, row[place - 1] + 1)
    return row[-1]
