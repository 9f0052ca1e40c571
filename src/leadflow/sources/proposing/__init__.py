"""A source is proposed from sample deliveries: where its records, ids and moments are."""
