"""Mails that came back as mail servers and mailboxes write them; all of one message."""

from email.header import Header

KEY = "msg_01a22c27c1d5be24bca3deca26b9"
ADDRESS = "ada@example.org"
ORIGINAL = f"""\
Received: from mail.example.com (mail.example.com [192.0.2.1])
From: Example <news@example.com>
To: Ada <{ADDRESS}>
Subject: Good to have met you
Message-ID: <{KEY}@example.com>
Date: Mon, 02 Nov 2026 09:00:00 +0000
"""


def report(
    words: str,
    status: str,
    original: str = ORIGINAL,
    subject: str = "Undelivered Mail Returned to Sender",
    sender: str = "MAILER-DAEMON@mx.example.net (Mail Delivery System)",
    returned: str = "text/rfc822-headers",
    charset: str = "utf-8",
) -> bytes:
    """A report of delivery (RFC 3464)."""
    head = Header(subject, charset if not subject.isascii() else "us-ascii").encode()
    return f"""\
Return-Path: <>
From: {sender}
To: news@example.com
Subject: {head}
Date: Mon, 02 Nov 2026 10:00:00 +0100
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Description: Notification
Content-Type: text/plain; charset={charset}
Content-Transfer-Encoding: 8bit

{words}
--B
Content-Type: message/delivery-status

{status}
--B
Content-Type: {returned}

{original}
--B--
""".encode(charset)


def status(action: str, code: str, diagnostic: str = "", more: str = "") -> str:
    """The fields of a report: of the mail server, and of the one receiver."""
    said = f"Diagnostic-Code: {diagnostic}\n" if diagnostic else ""
    return f"""\
Reporting-MTA: dns; mx.example.net
X-Postfix-Queue-ID: 4RZ1
Arrival-Date: Mon,  2 Nov 2026 09:00:01 +0000 (UTC)

Final-Recipient: rfc822; {ADDRESS}
{more}Action: {action}
Status: {code}
{said}"""


def plain(subject: str, words: str, head: str = "", charset: str = "utf-8") -> bytes:
    """A mail of words alone."""
    encoded = Header(subject, charset if not subject.isascii() else "us-ascii").encode()
    return f"""\
{head}To: news@example.com
Subject: {encoded}
Date: Mon, 02 Nov 2026 10:00:00 +0100
MIME-Version: 1.0
Content-Type: text/plain; charset={charset}
Content-Transfer-Encoding: 8bit

{words}
""".encode(charset)


QMAIL = """\
Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{address}>:
192.0.2.9 does not like recipient.
Remote host said: {said}
Giving up on 192.0.2.9.

--- Below this line is a copy of the message.

Return-Path: <news@example.com>
{original}
Hello Ada, 550 5.7.1 is how mail servers refuse.
"""
FROM_QMAIL = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\n"


def qmail(said: str) -> bytes:
    """As qmail writes it, in words alone."""
    words = QMAIL.format(address=ADDRESS, said=said, original=ORIGINAL)
    return plain("failure notice", words, FROM_QMAIL)


def exim(said: str) -> bytes:
    """As Exim of old writes it, with the receiver in a header of its own."""
    words = f"""\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {ADDRESS}
    {said}

------ This is a copy of the message, including all the headers. ------

{ORIGINAL}
Hello Ada
"""
    head = f"Return-path: <>\nX-Failed-Recipients: {ADDRESS}\nAuto-Submitted: auto-replied\n"
    head += "From: Mail Delivery System <Mailer-Daemon@mx.example.net>\n"
    return plain("Mail delivery failed: returning message to sender", words, head)


def spam_report(kind: str, original: str = ORIGINAL) -> bytes:
    """As Yahoo and others report that somebody pressed the button (RFC 5965)."""
    return f"""\
From: Yahoo! Mail AntiSpam Feedback <feedback@arf.mail.yahoo.com>
To: fbl@example.com
Subject: Customer complaint
Date: Mon, 02 Nov 2026 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/report; boundary="B"; report-type=feedback-report

--B
Content-Type: text/plain; charset=US-ASCII

This is an email abuse report for a message received on Mon, 02 Nov 2026.
--B
Content-Type: message/feedback-report
Content-Disposition: inline

Feedback-Type: {kind}
User-Agent: Yahoo!-Mail-Feedback/2.0
Version: 0.1
Original-Mail-From: <news@example.com>
Original-Rcpt-To: {ADDRESS}
Received-Date: Mon, 02 Nov 2026 09:30:00 GMT
Reported-Domain: example.com

--B
Content-Type: message/rfc822
Content-Disposition: inline

{original}
Hello Ada

--B--
""".encode()


def answer(subject: str, head: str = "", words: str = "I am back in May.") -> bytes:
    """An answer to the message."""
    given = f"From: Ada <{ADDRESS}>\nIn-Reply-To: <{KEY}@example.com>\n{head}"
    return plain(subject, words, given)
