"""The column names and values that many systems use, by what they mean."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIELD_NAMES: dict[str, tuple[str, ...]] = {
    "first_name": _words("first_name firstname given_name forename"),
    "last_name": _words("last_name lastname surname family_name name full_name"),
    "phone": _words("phone phone_number telephone tel mobile cell"),
    "company_name": _words("company company_name organisation organization account"),
    "company_size": _words("company_size employees staff headcount num_employees"),
    "industry": _words("industry sector branch vertical"),
    "job_title": _words("job_title title position role"),
    "location": _words("location city address office_location place"),
    "country": _words("country country_code nation"),
    "budget": _words("budget estimated_budget"),
    "currency": _words("currency currency_code"),
    "timeline": _words("timeline timeframe purchase_timeline"),
    "service_requirements": _words("service_requirements services interests product"),
    "website_visits": _words("website_visits visits page_visits totalvisits"),
    "email_opens": _words("email_opens opens emails_opened"),
    "content_downloads": _words("content_downloads downloads"),
}
NUMERIC_FIELDS = _words("company_size budget website_visits email_opens content_downloads")
OUTCOMES = _words(
    "outcome deal_stage stage converted conversion is_converted won is_won is_customer deal_status "
    "lead_status status result purchased bought sold enrolled subscribed signed_up y target label"
)
CONVERTED = _words(
    "won converted yes y true 1 customer sold success closed_won signed subscribed purchased "
    "bought enrolled signed_up"
)
LOST = _words("lost no n false 0 closed_lost dead rejected churned failed unqualified disqualified")
STARTS = _words(
    "created_at created create_date created_date date_created engage_date signup_date signed_up_at "
    "sign_up_date registered_at registration_date received_at inquiry_date enquiry_date "
    "application_date applied_at lead_date submitted_at date_added date timestamp"
)
ENDS = _words("close_date closed_at closed closed_date end_date converted_at won_at outcome_date")
VALUES = _words("close_value deal_value value amount deal_amount order_value")
AFTERWARDS = _words(
    "duration spend spent visit conversion close_date close_value closed_at lost_reason win_reason "
    "won_at converted_at churn_date order_value deal_amount invoice contract_signed"
)
OTHER_DATES = _words(
    "birth born birthday dob birthdate end ends ending expiry expires renewal due until founded "
    "closed last next"
)
THINGS = _words(
    "school university college course program programme product plan model brand campaign company "
    "dealer store shop branch city country region channel event department faculty list segment"
)
PERSONS = _words("name agent owner rep manager salesperson username")
DIMENSIONS = {
    "demographic": _words("age gender job marital education occupation city state region zip"),
    "behavioural": _words("visit page download session history recency view cart"),
    "engagement": _words("email mail campaign contact click open call channel segment meeting"),
}
