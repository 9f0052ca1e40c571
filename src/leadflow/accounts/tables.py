"""Tables of people and their sign-ins, API keys, and who stands in for whom."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker
from leadflow.privacy.columns import EncryptedText


class Person(Base):
    """Somebody who signs in. ``username`` is what they are called by in requests; it is theirs for
    good, so that records that name the id can always be read."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("person"))
    username: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(EncryptedText("person_name"))
    email: Mapped[str | None] = mapped_column(EncryptedText("person_email"))
    email_index: Mapped[str | None] = mapped_column(Text, unique=True)
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    rep_id: Mapped[str | None] = mapped_column(
        ForeignKey("reps.id", ondelete="SET NULL"),
        unique=True,
        comment="Who they are in the sales team.",
    )
    password_hash: Mapped[str | None] = mapped_column(Text, comment="Empty: cannot sign in yet.")
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class PersonSession(Base):
    """A sign-in that is going on; the token itself is only with the person."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_person_id", "person_id"),)

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    source_index: Mapped[str | None] = mapped_column(Text)


class SignInFailures(Base):
    """Wrong passwords in a row, of one person, one source or both (``sign_in_delays``)."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (Index("ix_sign_in_failures_person_id", "person_id"),)

    counted: Mapped[str] = mapped_column(
        Text, primary_key=True, comment="What is counted, as a hash."
    )
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    failures: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime] = mapped_column(Moment)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)


class RateWindow(Base):
    """How many requests have come, or may be on their way, in a window that is open: of one key,
    one address, or a source's deliveries from one address. Each process writes a hundredth of a
    limit at a time, so that it is written seldom."""

    __tablename__ = "rate_windows"

    name: Mapped[str] = mapped_column(Text, primary_key=True, comment="Keyed hash of whose it is.")
    hits: Mapped[int] = mapped_column(BigInteger)
    ends_at: Mapped[datetime] = mapped_column(Moment)


class ApiKey(Base):
    """A key of one program, stored only as a hash. ``scopes`` are permissions; ``acts_for`` names
    the people (ids, or ``*``) in whose name it may speak."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("key"))
    name: Mapped[str] = mapped_column(Text)
    prefix: Mapped[str] = mapped_column(Text, comment="Its beginning, to tell keys apart.")
    key_hash: Mapped[str] = mapped_column(Text, unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    acts_for: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class Delegation(Base):
    """Somebody stands in for somebody who is away: decides, and acts, in their name."""

    __tablename__ = "delegations"
    __table_args__ = (
        CheckConstraint("person_id <> delegate_id", name="somebody_else"),
        CheckConstraint("ends_at > starts_at", name="ends"),
        Index("ix_delegations_delegate_id", "delegate_id"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("deleg"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    delegate_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Moment, comment="Taken back before its end.")
