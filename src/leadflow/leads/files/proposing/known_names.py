"""The column names and values that many systems use, by what they mean."""

from leadflow.leads.files.proposing.headings import HEADINGS


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# English, German, French, Spanish, Dutch, Portuguese, Italian; as slugs, without accents.
_FIELD_NAMES: dict[str, tuple[str, ...]] = {
    "first_name": _words(
        "first_name firstname given_name forename vorname prenom nombre voornaam nome primeiro_nome"
    ),
    "last_name": _words(
        "last_name lastname surname family_name name full_name nachname familienname nom "
        "nom_de_famille apellido apellidos achternaam sobrenome apelido cognome"
    ),
    "phone": _words(
        "phone phone_number telephone tel mobile cell telefon telefonnummer handy mobil portable "
        "telefono movil telefoon telefoonnummer mobiel telefone celular telemovel cellulare"
    ),
    "company_name": _words(
        "company company_name organisation organization account firma firmenname unternehmen "
        "societe entreprise empresa compania bedrijf bedrijfsnaam azienda societa"
    ),
    "company_size": _words(
        "company_size employees staff headcount num_employees mitarbeiter mitarbeiterzahl "
        "anzahl_mitarbeiter effectif nombre_d_employes salaries empleados numero_de_empleados "
        "medewerkers aantal_medewerkers funcionarios dipendenti numero_dipendenti"
    ),
    "industry": _words(
        "industry sector branch vertical branche secteur industria branchesector setor settore"
    ),
    "job_title": _words(
        "job_title title position role funktion berufsbezeichnung stelle poste fonction cargo "
        "puesto functie functietitel ruolo qualifica"
    ),
    "location": _words(
        "location city address office_location place ort stadt standort ville lieu ciudad "
        "ubicacion plaats stad cidade citta localita"
    ),
    "country": _words("country country_code nation land pays pais paese"),
    "budget": _words("budget estimated_budget presupuesto orcamento"),
    "currency": _words("currency currency_code wahrung waehrung devise moneda valuta moeda"),
    "timeline": _words(
        "timeline timeframe purchase_timeline zeitrahmen zeitplan echeance delai plazo tijdlijn "
        "prazo tempistica"
    ),
    "service_requirements": _words("service_requirements services interests product"),
    "website_visits": _words("website_visits visits page_visits totalvisits"),
    "email_opens": _words("email_opens opens emails_opened"),
    "content_downloads": _words("content_downloads downloads"),
}
FIELD_NAMES = {field: (*names, *HEADINGS.get(field, ())) for field, names in _FIELD_NAMES.items()}
# Turkish for a first name, English for an advertisement.
ELSEWHERE = ("ad",)
_EMAIL_NAMES = _words(
    "email e_mail email_address mail e_mail_adresse mailadresse adresse_e_mail courriel correo "
    "correo_electronico e_mailadres"
)
EMAIL_NAMES = frozenset((*_EMAIL_NAMES, *HEADINGS["email"]))
# What stands in a cell where nobody said anything.
PLACEHOLDERS = frozenset(
    (
        "unknown", "?", "-", "--", "---", "select", "please select", "select one", "choose", "tbd",
        "not specified", "not provided", "not set", "no selection", "(blank)", "blank", "#n/a",
        "bitte wählen", "nicht angegeben", "unbekannt", "non renseigné", "inconnu", "seleccionar",
        "desconocido", "onbekend", "desconhecido", "sconosciuto", "seleziona", "n.a.", "n.v.",
        "k.a.", "keine angabe", "no aplica", "s/d", "undefined", "(none)", "missing",
        "not available", "not applicable", "<null>", "#n/v", "- select -", "--select--",
        "--none--", "-none-",
    )
)  # fmt: skip
# In their slugs: names of the numbers that stand for something and are no amounts.
CODED = _words(
    "code codes zip zipcode postcode plz id no nr type types category cat channel source "
    "segment group class cluster region regions browser browsers os operatingsystem "
    "operatingsystems operating_systems traffictype department dept branch "
    "platform territory district zone country sector "
    "industry gender sex marital occupation weekday kategorie typ gruppe klasse gebiet bezirk "
    "filiale categorie groupe classe secteur categoria grupo tipo groep soort gruppo classe"
)
NUMERIC_FIELDS = _words("company_size budget website_visits email_opens content_downloads")
OUTCOMES = _words(
    "outcome deal_stage stage converted conversion is_converted won is_won is_customer deal_status "
    "lead_status status result purchased bought sold enrolled subscribed signed_up y target label "
    "ergebnis phase statut resultat etape estado resultado etapa resultaat fase stato risultato "
    "esito"
)
CONVERTED = _words(
    "won converted yes y true 1 customer sold success closed_won signed subscribed purchased "
    "bought enrolled signed_up gewonnen gekauft ja gagné gagnée vendu oui ganado ganada vendido sí "
    "ganho ganha sim vinto vinta venduto"
)
# Of these a column with two values may be anything; of the others it tells how leads ended.
PLAIN_YES = frozenset(_words("yes y true 1 oui ja sí sim customer"))
PLAIN_NO = frozenset(_words("no n false 0 nein non não"))
OPEN = _words(
    "open new contacted talking working qualified unqualified_yet nurturing nurture prospecting "
    "prospect engaging engaged negotiation negotiating proposal proposal_sent demo demo_scheduled "
    "meeting pending in_progress active lead offen neu kontaktiert in_bearbeitung angebot ouvert "
    "nouveau en_cours en_attente abierto nuevo en_proceso open nieuw in_behandeling aberto novo "
    "em_andamento aperto nuovo in_corso mql sql opportunity trial discovery evaluation"
)
# Words in the names of columns that tell how leads ended, where their values do too.
ENDING_WORDS = frozenset(
    _words(
        "converted conversion won customer purchased purchase bought sold sale sales subscribed "
        "enrolled signed closed deposit response success target outcome label result deal stage "
        "status achat achete compra comprado gekauft kauf abschluss venta vendido acquisto"
    )
)
LOST = _words(
    "lost no n false 0 closed_lost dead rejected churned failed unqualified disqualified "
    "verloren abgelehnt nein perdu perdue non perdido perdida não perso persa"
)
_STARTS = _words(
    "created_at created create_date created_date date_created engage_date signup_date signed_up_at "
    "sign_up_date registered_at registration_date received_at inquiry_date enquiry_date "
    "application_date applied_at lead_date submitted_at date_added date timestamp angelegt_am "
    "erstellt_am eingang eingangsdatum date_de_creation cree_le fecha_de_creacion creado_el "
    "aangemaakt_op data_de_criacao criado_em data_di_creazione creato_il"
)
STARTS = (*_STARTS, *HEADINGS["created_at"])
_ENDS = _words(
    "close_date closed_at closed_on date_closed closing_date closed_date close_time closed_time "
    "closed won_at won_on won_date won_time lost_at lost_on lost_date lost_time converted_at "
    "converted_on converted_date date_converted conversion_date sold_at sold_on sale_date "
    "decided_at decided_on decision_date outcome_date ended_at ended_on end_date "
    "abschlussdatum abschluss_am abgeschlossen_am geschlossen_am gewonnen_am verloren_am "
    "verkauft_am entschieden_am beendet_am datum_abschluss abschlusstag abgeschlossen geschlossen "
    "abschluss date_de_cloture date_cloture cloture_le cloturee_le cloture date_de_fermeture "
    "ferme_le fermee_le gagne_le gagnee_le perdu_le perdue_le conclu_le conclue_le vendu_le "
    "signe_le date_de_signature date_de_vente date_de_conversion converti_le "
    "fecha_de_cierre fecha_cierre cerrado_el cerrada_el cierre ganado_el ganada_el perdido_el "
    "perdida_el vendido_el fecha_de_venta convertido_el fecha_de_conversion "
    "afgesloten_op gesloten_op sluitingsdatum afsluitdatum afsluitingsdatum gewonnen_op "
    "verloren_op verkocht_op afgerond_op datum_afgesloten datum_gesloten geconverteerd_op "
    "data_de_fechamento data_fechamento fechado_em fechada_em data_de_fecho data_fecho "
    "encerrado_em data_de_encerramento ganho_em ganha_em perdido_em perdida_em vendido_em "
    "concluido_em data_de_venda data_de_conclusao data_de_conversao convertido_em "
    "data_di_chiusura data_chiusura chiuso_il chiusa_il vinto_il vinta_il perso_il persa_il "
    "venduto_il concluso_il conclusa_il data_di_vendita data_di_conversione convertito_il"
)
ENDS = (*_ENDS, *HEADINGS["closed_at"])
# In whatever a date of an end is called; END_AHEAD: one that is only hoped for.
END_WORDS = frozenset(
    _words(
        "closed close closing won ended conversion converted abschluss abschlussdatum "
        "abgeschlossen geschlossen gewonnen cloture cierre cerrado afgesloten gesloten "
        "fechamento fechado chiusura chiuso"
    )
)
END_AHEAD = frozenset(
    _words(
        "expected estimated planned forecast forecasted target projected anticipated erwartet "
        "erwartetes erwarteter voraussichtlich voraussichtliches voraussichtlicher geplant "
        "geplantes geplanter prevu prevue estimee prevista previsto estimada estimado esperada "
        "verwacht verwachte gepland geplande"
    )
)
# Of these a column that holds no dates may say something else: a degree, a yes or no.
ENDS_OR_ELSE = frozenset(_words("abschluss cloture cierre closed abgeschlossen geschlossen"))
VALUES = _words(
    "close_value deal_value value amount deal_amount order_value auftragswert umsatz montant "
    "importe bedrag valor importo"
)
_KEYS = _words(
    "id lead_id contact_id customer_id client_id person_id prospect_id record_id external_id "
    "crm_id customer_no customer_nr customer_number customer_num customer_code customer_ref "
    "customer_reference cust_no client_no client_nr client_number client_code client_ref lead_no "
    "lead_nr lead_number lead_ref record_no record_number kundennr kunden_nr kundennummer "
    "kunden_nummer kunden_id kundenid kd_nr kdnr leadnr leadnummer lead_nummer "
    "interessenten_nr interessentennr interessentennummer debitor_nr debitorennr debitoren_nr "
    "debitorennummer datensatznr datensatznummer n_client no_client num_client nr_client "
    "numero_client numero_de_client n_de_client no_de_client code_client ref_client "
    "reference_client id_client identifiant identifiant_client id_prospect n_prospect "
    "numero_prospect id_contact id_cliente cliente_id n_cliente no_cliente nro_cliente nr_cliente "
    "num_cliente numero_cliente numero_de_cliente no_de_cliente nro_de_cliente n_de_cliente "
    "codigo_cliente codigo_de_cliente codigo_do_cliente cod_cliente codice_cliente "
    "numero_do_cliente id_do_cliente id_contacto id_contato id_contatto identificador "
    "identificativo klantnummer klantnr klant_nr klant_nummer klant_id klantid klantcode "
    "relatienummer relatienr relatie_nr debiteurnummer debiteurnr debiteur_nr"
)
KEYS = (*_KEYS, *HEADINGS["key"])
AFTERWARDS = _words(
    "duration spend spent visit conversion close_date close_value closed_at lost_reason win_reason "
    "won_at converted_at churn_date order_value deal_amount invoice contract_signed"
)
OTHER_DATES = _words(
    "birth born birthday dob birthdate end ends ending expiry expires renewal due until founded "
    "closed close closing won lost last next abgeschlossen abschluss geschlossen gewonnen verloren "
    "cloture cierre cerrado afgesloten gesloten fechamento fechado chiusura chiuso "
    "geburtsdatum naissance nacimiento geboortedatum nascimento nascita"
)
THINGS = _words(
    "school university college course program programme product plan model brand campaign company "
    "dealer store shop branch city country region channel event department faculty list segment"
)
PERSONS = _words(
    "name agent owner rep manager salesperson username contactperson ansprechpartner "
    "vertreter betreuer verkaufer bearbeiter inhaber vendeur "
    "vendedor encargado contactpersoon verkoper eigenaar venditore "
    "referente assignee advisor adviser consultant berater"
)
DIMENSIONS = {
    "demographic": _words("age gender job marital education occupation city state region zip"),
    "behavioural": _words("visit page download session history recency view cart"),
    "engagement": _words("email mail campaign contact click open call channel segment meeting"),
}
# What a lead has said yes or no to; two words stand beside each other in the name.
CONSENT = frozenset(
    _words(
        "consent consents consented consentment optin optout opt_in opt_out opted_in opted_out "
        "permission unsubscribe unsubscribed do_not gdpr dsgvo rgpd einwilligung zustimmung "
        "eingewilligt werbeeinwilligung abgemeldet consentement desabonne consentimiento "
        "consentimento consenso toestemming zgoda"
    )
)
