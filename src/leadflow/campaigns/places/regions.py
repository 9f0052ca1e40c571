"""Regions of countries whose clocks or days off differ by region, by their ISO 3166-2 codes."""

# GeoNames numbers the regions of these by codes of its own; of others it has the ISO code or none
# that is of use here. https://download.geonames.org/export/dump/admin1CodesASCII.txt
_NUMBERED = {
    "AT": "01=1 02=2 03=3 04=4 05=5 06=6 07=7 08=8 09=9",
    "AU": "01=ACT 02=NSW 03=NT 04=QLD 05=SA 06=TAS 07=VIC 08=WA",
    "CA": "01=AB 02=BC 03=MB 04=NB 05=NL 07=NS 08=ON 09=PE 10=QC 11=SK 12=YT 13=NT 14=NU",
    "DE": "01=BW 02=BY 03=HB 04=HH 05=HE 06=NI 07=NW 08=RP 09=SL 10=SH 11=BB 12=MV 13=SN 14=ST "
    "15=TH 16=BE",
}
_CODES = {
    country: dict(pair.split("=") for pair in written.split())
    for country, written in _NUMBERED.items()
}
_LETTERED = ("BE", "CH", "GB", "US")

# The zones in which regions of these countries have places of 500 people and more (GeoNames), the
# one with most people first. Others go by the zones of their whole country.
_ZONES = {
    "US": """
        AK America/Anchorage America/Juneau America/Sitka America/Nome
        AL America/Chicago
        AR America/Chicago
        AZ America/Phoenix America/Denver
        CA America/Los_Angeles
        CO America/Denver
        CT America/New_York
        DC America/New_York
        DE America/New_York
        FL America/New_York America/Chicago
        GA America/New_York
        HI Pacific/Honolulu
        IA America/Chicago
        ID America/Boise America/Los_Angeles
        IL America/Chicago
        IN America/Indiana/Indianapolis America/Chicago
        KS America/Chicago America/Denver
        KY America/New_York America/Chicago
        LA America/Chicago
        MA America/New_York
        MD America/New_York
        ME America/New_York
        MI America/Detroit America/Menominee
        MN America/Chicago
        MO America/Chicago
        MS America/Chicago
        MT America/Denver
        NC America/New_York
        ND America/Chicago America/Denver
        NE America/Chicago America/Denver
        NH America/New_York
        NJ America/New_York
        NM America/Denver
        NV America/Los_Angeles America/Denver
        NY America/New_York
        OH America/New_York
        OK America/Chicago
        OR America/Los_Angeles America/Boise
        PA America/New_York
        RI America/New_York
        SC America/New_York
        SD America/Chicago America/Denver
        TN America/Chicago America/New_York
        TX America/Chicago America/Denver
        UT America/Denver
        VA America/New_York
        VT America/New_York
        WA America/Los_Angeles
        WI America/Chicago
        WV America/New_York
        WY America/Denver
    """,
    "CA": """
        AB America/Edmonton
        BC America/Vancouver America/Edmonton America/Dawson_Creek America/Creston
        MB America/Winnipeg
        NB America/Moncton
        NL America/St_Johns America/Goose_Bay
        NS America/Halifax
        NT America/Edmonton America/Inuvik
        NU America/Iqaluit America/Rankin_Inlet America/Cambridge_Bay America/Atikokan
        ON America/Toronto America/Winnipeg America/Atikokan
        PE America/Halifax
        QC America/Toronto America/Halifax America/Blanc-Sablon
        SK America/Regina America/Edmonton
        YT America/Whitehorse
    """,
    "AU": """
        ACT Australia/Sydney
        NSW Australia/Sydney Australia/Broken_Hill Australia/Lord_Howe
        NT Australia/Darwin
        QLD Australia/Brisbane
        SA Australia/Adelaide
        TAS Australia/Hobart
        VIC Australia/Melbourne
        WA Australia/Perth Australia/Eucla
    """,
}
_BY_REGION = {
    (country, line.split()[0]): tuple(line.split()[1:])
    for country, written in _ZONES.items()
    for line in written.strip().splitlines()
}


def region_of(country: str, numbered: str) -> str | None:
    """The ISO 3166-2 code, without the country, of a region as GeoNames has it; None where that
    is not known here."""
    if country in _LETTERED:
        return numbered or None
    return _CODES.get(country, {}).get(numbered)


def zones_of_region(country: str, region: str) -> tuple[str, ...]:
    """The time zones of a region; none where it is not listed here."""
    return _BY_REGION.get((country, region), ())
