"""What can keep a journal from being read, by stable words, and what to do about each."""

from datetime import timedelta

WHAT_TO_DO = {
    "no_secret": "It has no secret: leadflow sources secret NAME --given.",
    "secret_refused": "The secret is refused, or may not read this: give another one with "
    "leadflow sources secret NAME --given.",
    "too_often": "It is asked too often, and is left alone for as long as it says. Where that is "
    "always so, raise `every`.",
    "refused": "It refuses what is asked: see `url`, `query` and `body` in the source.",
    "not_there": "There is nothing at this address: correct `url`.",
    "server_error": "The server has a fault of its own. It is asked again, ever more rarely.",
    "redirect": "It answers with a redirect, which is not followed: change `url`.",
    "no_connection": "There is no connection: nobody listens there, or TLS does not agree.",
    "no_answer": "It does not answer in time: LEADFLOW_WEBHOOK_ANSWER_SECONDS, or smaller pages.",
    "broken_off": "It breaks off, or what it answers is not HTTP. It is asked again.",
    "not_sent": "The question could not be sent; the log of the background process says more.",
    "name_unknown": "The name of its host is not known, or the name server does not answer.",
    "address_refused": "Its host stands for an address that is not public. Where it is meant, name "
    "its network in LEADFLOW_WEBHOOK_ALLOWED_NETWORKS.",
    "plain_refused": "http:// is for hosts in networks of LEADFLOW_WEBHOOK_ALLOWED_NETWORKS: write "
    "https://.",
    "too_large": "A page is larger than 16 MB: ask for smaller pages.",
    "too_many_items": "A page has more than 5,000 items: ask for smaller pages.",
    "not_json": "What it answers is no JSON: see `url`.",
    "no_items": "There is no list at the path `items`. Where an empty list is left out, write "
    "PATH || `[]`.",
    "bad_next": "What stands at the path `next` leads to no page: correct the path.",
    "next_elsewhere": "The next page is on another host, which is not given the secret: see "
    "`next`.",
    "endless": "Its pages never end: they lead back to a page or to items that came already, to "
    "nothing, or on past 10,000 pages. What came is kept. Correct `next`, and where {page} stands.",
    "page_gone": "It no longer knows the page that was to come, and is read again from the last "
    "place that is certain.",
}
# What is odd about items, and what became of them; reading goes on.
REMARKS = {
    "no_id": "An item had no id at the path `id`. It was kept, and is known by its content.",
    "no_time": "An item had no moment with its zone at the path `time`. It was kept.",
    "future": "An item was of a time to come. It was kept.",
    "another": "An item had the id of another one that is kept, and was not: `id` must tell each "
    "change apart.",
}


class ReadingFailed(RuntimeError):
    """A journal could not be read; ``word`` is one of ``WHAT_TO_DO``. Nothing of what was asked or
    answered is repeated."""

    def __init__(
        self, word: str, status: int | None = None, after: timedelta | None = None
    ) -> None:
        super().__init__(WHAT_TO_DO[word])
        self.word, self.status, self.after = word, status, after
