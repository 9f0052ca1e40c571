"""What people type goes into the log without addresses and numbers; from where is a keyed hash."""

from leadflow.audit.context import acting, acting_from, origin
from leadflow.audit.entries import Entry, prepare
from leadflow.audit.masking import masked, masked_value


def test_addresses_and_numbers_are_replaced_by_a_hash_of_their_own() -> None:
    text = masked("Asked Ada.Lovelace+x@mail.example.co.uk and +44 (20) 7946-0958 on 2026-03-01.")
    # Longer than what a hash may happen to hold.
    assert "lovelace" not in text.lower()
    assert "7946-0958" not in text
    assert text.startswith("Asked email:")
    assert text.endswith(" on 2026-03-01.")
    assert masked("ada@example.com") == masked("ADA@example.com") != masked("bob@example.com")
    assert masked("+44 20 7946 0958") == masked("+442079460958")


def test_ids_and_figures_stay() -> None:
    for text in (
        "lead/lead_0199a3b2c4d5e6f7a8b9",
        "sweep/2026-03-01T12:00:00.123456+00:00",
        "sales_manager_1",
        "1 + 20000000000",
        "@home",
        "",
    ):
        assert masked(text) == text
    assert masked(None) is None


def test_values_and_names_at_any_depth_are_masked() -> None:
    value = {"who": ["grace@example.com", {"grace@example.com": 1.5}], "n": None, "phone": "+1"}
    kept = masked_value(value)
    assert "grace" not in str(kept)
    assert kept["n"] is None
    assert kept["who"][1] == {kept["who"][0]: 1.5}


def test_an_entry_is_masked_before_it_is_hashed() -> None:
    entry = Entry("a@b.de", "did", "key/a@b.de", {"x": "a@b.de"}, "a@b.de", {"x": "a@b.de"}, {})
    prepared = prepare(entry)
    assert "@" not in f"{prepared}"
    assert prepared.texts[0] == masked("a@b.de")


def test_what_is_recorded_within_carries_from_where_it_comes() -> None:
    assert (acting().origin, acting().request_id) == (None, None)
    with acting_from("gateway", "req-1"):
        assert prepare(Entry("ana", "did", "thing")).texts[4:] == ("gateway", "req-1")
        assert prepare(Entry("ana", "did", "t", origin="x", request_id="y")).texts[4:] == ("x", "y")
        with acting_from("outbox"):
            assert (acting().origin, acting().request_id) == ("outbox", "req-1")
        assert acting().origin == "gateway"
    assert prepare(Entry("ana", "did", "thing")).texts[4:] == (None, None)


def test_an_address_is_kept_as_a_keyed_hash() -> None:
    assert origin("command line") == "command line"
    said = origin("gateway", "203.0.113.7")
    assert said.startswith("gateway address:")
    assert "203.0.113.7" not in said
    assert said == origin("gateway", " 203.0.113.7") != origin("gateway", "203.0.113.8")
