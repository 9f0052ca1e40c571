"""Errors of the rooms whose messages say what to do, each with status, stable type and title."""

from leadflow.accounts.delegation import DelegationInvalid, NotYourName
from leadflow.accounts.keys import KeyNameRefused, KeyNotFound, KeyThere, ScopeUnknown
from leadflow.accounts.passwords import PasswordRefused
from leadflow.accounts.people import LastAdmin, PersonInvalid, PersonNotFound, WrongPassword
from leadflow.analytics.period import PeriodInvalid
from leadflow.approvals.service import ApprovalNotFound
from leadflow.assignment.insight.strategy_comparison import NothingToCompare
from leadflow.assignment.team.edits import (
    DaysOffNotFound,
    TerritoryInUse,
    TerritoryNotFound,
)
from leadflow.assignment.team.store import RepNotFound
from leadflow.assignment.team.versions import TeamVersionNotFound
from leadflow.assignment.work.handover import (
    AssignmentChanged,
    NotAssigned,
    RepFull,
    RepInactive,
)
from leadflow.assignment.work.offers import NotOffered
from leadflow.campaigns.dispatch.listing import NoMessageState, NoSuchMessage, NothingToSettle
from leadflow.campaigns.enrolling.entries import KeyNotTaken, NotEnrolled
from leadflow.campaigns.store.service import CampaignNotSo, NoCampaign
from leadflow.configuration.service import MomentAhead
from leadflow.consent.evidence import ConsentInvalid
from leadflow.consent.suppressing import NoSuppression, NothingToSuppress
from leadflow.drafts.refusals import (
    DraftDecided,
    MustWait,
    NobodyToDecide,
    NoDraft,
    NothingToWithdraw,
    NotYourDraft,
    SeveralPolicies,
)
from leadflow.endpoints.definitions import EndpointInvalid
from leadflow.endpoints.messages import EndpointDisabled, NoMessage
from leadflow.endpoints.service import EndpointExists, NoEndpoint, PersonalNotAllowed
from leadflow.exports.service import (
    ExportExpired,
    ExportNotFound,
    ExportNotReady,
    ExportsUnderWay,
)
from leadflow.follow_ups.notes import NoteChanged, NoteNotFound, NotYourNote
from leadflow.follow_ups.tag_names import TagInvalid
from leadflow.follow_ups.tags import TagNotFound, TagThere
from leadflow.follow_ups.tasks import TaskChanged, TaskNotFound
from leadflow.gateway.http.problem import TITLES
from leadflow.intake.deleting import AskedAbout
from leadflow.intake.events.batches import NoLeadOfAddress
from leadflow.intake.keyed_requests import AnswerNotKept, KeyReused
from leadflow.intake.merging import MergeNotFound, MergeRefused, SplitRefused
from leadflow.intake.undoing import AlreadyUndone
from leadflow.leads.columns import NotAPhone
from leadflow.leads.editing import LeadChanged, LeadTaken, NoBudgetToCount
from leadflow.leads.events.payloads import PayloadRefused
from leadflow.leads.events.recording import EventIdTaken, MomentInFuture
from leadflow.leads.events.types import UnknownEventType
from leadflow.leads.files.formats.tables_of_text import UnreadableFile
from leadflow.leads.files.mapping import MappingError
from leadflow.leads.files.quarantine import QuarantineError, RowElsewhere, RowNotFound
from leadflow.leads.imports.listing import NoSuchImport
from leadflow.outbox.settling import ActElsewhere, ActNotFound
from leadflow.outward.addresses import UrlRefused
from leadflow.paging.cursors import CursorRefused
from leadflow.quality.errors import (
    ActionClosed,
    ActionNotFound,
    AlreadyFlagged,
    AlreadyReviewed,
    NotDisputed,
    NotFlagged,
    NotYourItem,
    QualityItemNotFound,
)
from leadflow.quality.review_kinds import JudgementInvalid, UnknownReviewKind
from leadflow.rules.rule_kinds import UnknownRuleKind
from leadflow.rules.segments.service import NoSegment, SegmentInUse
from leadflow.rules.service import NoRules
from leadflow.scoring.overrides.effective import ExpiryInvalid
from leadflow.scoring.overrides.service import NoOverride
from leadflow.search.service import SearchTooSlow
from leadflow.sources.chosen_secrets import SecretRefused
from leadflow.sources.inbox import CorrectionRefused, DeliveryElsewhere, DeliveryNotFound
from leadflow.sources.service import NoSource
from leadflow.uploads.arriving import UploadsKept
from leadflow.uploads.parts import FileGone
from leadflow.uploads.service import ImportElsewhere, MappingOpen, NotBegun

STATED: dict[type[Exception], tuple[int, str, str]] = {
    ActNotFound: (404, "act-not-found", "There is no such act"),
    PeriodInvalid: (422, "period-invalid", "This cannot be the period"),
    ExportNotFound: (404, "export-not-found", "There is no such export"),
    ExportNotReady: (409, "export-not-ready", "There is no file"),
    ExportExpired: (410, "export-expired", "The file is gone"),
    ExportsUnderWay: (409, "exports-under-way", "Too many exports are not over yet"),
    NoSuchImport: (404, "import-not-found", "There is no such import"),
    UnreadableFile: (422, "file-unreadable", "The file cannot be read as a table"),
    UploadsKept: (409, "uploads-kept", "Too many files are not imported yet"),
    FileGone: (410, "file-gone", "The file is gone"),
    MappingError: (422, "mapping-invalid", "The mapping cannot be used"),
    MappingOpen: (409, "mapping-open", "The proposed mapping leaves something open"),
    ImportElsewhere: (409, "import-elsewhere", "The import is in another state"),
    NotBegun: (409, "import-not-begun", "Nothing of it was imported"),
    AlreadyUndone: (409, "already-undone", "The import was undone before"),
    RowNotFound: (404, "row-not-found", "There is no such row"),
    RowElsewhere: (409, "row-elsewhere", "The row does not wait any more"),
    QuarantineError: (422, "row-invalid", "The row cannot be mended so"),
    ConsentInvalid: (422, "consent-invalid", "This cannot be said of consent"),
    NoSuppression: (404, "suppression-not-found", "There is no such suppression"),
    NothingToSuppress: (409, "nothing-to-suppress", "There is no address to suppress"),
    NoEndpoint: (404, "endpoint-not-found", "There is no such endpoint"),
    NoMessage: (404, "message-not-found", "There is no such message"),
    EndpointExists: (409, "endpoint-exists", "There is an endpoint of this name"),
    EndpointDisabled: (409, "endpoint-disabled", "The endpoint is disabled"),
    EndpointInvalid: (422, "endpoint-invalid", "The endpoint cannot be so"),
    UrlRefused: (422, "url-refused", "This cannot be an endpoint's URL"),
    PersonalNotAllowed: (403, "personal-not-allowed", "You may not have this sent"),
    CursorRefused: (422, "cursor-refused", "This cursor is of another list"),
    SearchTooSlow: (422, "search-too-slow", "This search takes too long"),
    NoSource: (404, "source-not-found", "There is no such source"),
    SecretRefused: (422, "secret-refused", "The secret cannot be taken"),
    DeliveryNotFound: (404, "delivery-not-found", "There is no such delivery"),
    CorrectionRefused: (422, "correction-refused", "The correction cannot be taken"),
    DeliveryElsewhere: (409, "delivery-elsewhere", "The delivery is in another state"),
    ActElsewhere: (409, "act-elsewhere", "The act is in another state"),
    NotYourName: (403, "not-your-name", "You may not act for them"),
    KeyReused: (
        409,
        "idempotency-key-reused",
        "This Idempotency-Key was used for another request",
    ),
    AnswerNotKept: (409, "answer-not-kept", "This was done before"),
    PersonNotFound: (404, "person-not-found", "There is nobody of this name"),
    QualityItemNotFound: (404, "quality-item-not-found", "There is no such item"),
    AlreadyReviewed: (409, "already-reviewed", "You have judged this already"),
    NotYourItem: (409, "not-your-item", "This is for others to judge"),
    NotDisputed: (409, "not-disputed", "There is nothing to settle"),
    JudgementInvalid: (422, "judgement-invalid", "This judgement is not understood"),
    UnknownReviewKind: (422, "unknown-decision", "There are no such decisions"),
    AlreadyFlagged: (409, "already-flagged", "No model learns from it already"),
    NotFlagged: (404, "not-flagged", "Models learn from this lead"),
    ActionNotFound: (404, "action-not-found", "There is no such action"),
    ActionClosed: (409, "action-closed", "This action is closed"),
    LastAdmin: (409, "last-admin", "There must be an admin"),
    WrongPassword: (403, "wrong-password", "The present password is another"),
    PersonInvalid: (422, "person-invalid", "This person cannot be kept so"),
    PasswordRefused: (422, "password-refused", "This password cannot be taken"),
    ApprovalNotFound: (404, "approval-not-found", "There is no such approval"),
    DelegationInvalid: (422, "delegation-invalid", "Nobody can stand in like that"),
    ScopeUnknown: (422, "scope-unknown", "No key can have this"),
    KeyThere: (409, "key-there", "The program has a key already"),
    KeyNameRefused: (422, "key-name-refused", "No key can be called so"),
    KeyNotFound: (404, "key-not-found", "There is no such key"),
    MomentInFuture: (422, "moment-in-future", "This has not happened yet"),
    UnknownEventType: (422, "unknown-event-type", "There is no such type of event"),
    PayloadRefused: (422, "payload-refused", "This payload cannot be taken"),
    EventIdTaken: (409, "event-id-taken", "This id is another event's"),
    NoLeadOfAddress: (404, "lead-not-found", "There is no such lead"),
    NotAPhone: (422, "phone-refused", "This is no telephone number"),
    LeadChanged: (412, *TITLES[412]),
    LeadTaken: (409, "lead-taken", "Another lead has this identity"),
    NoBudgetToCount: (422, "no-budget", "There is no budget to count"),
    ExpiryInvalid: (422, "expiry-invalid", "An override cannot expire then"),
    NoOverride: (404, "no-override", "There is no override to withdraw"),
    UnknownRuleKind: (404, "no-such-rules", "There are no rules of this kind"),
    NothingToCompare: (404, "nothing-to-compare", "There is too little to compare"),
    NoRules: (404, "no-rules", "These rules are not stored"),
    NoSegment: (404, "segment-not-found", "There is no such segment"),
    NoCampaign: (404, "campaign-not-found", "There is no such campaign"),
    CampaignNotSo: (409, "campaign-not-so", "The campaign is not in a state for this"),
    NoSuchMessage: (404, "message-not-found", "There is no such message"),
    NoMessageState: (422, "no-such-state", "Messages are in no such state"),
    NothingToSettle: (409, "nothing-to-settle", "There is nothing to settle"),
    NotEnrolled: (409, "not-enrolled", "The lead does not come in"),
    KeyNotTaken: (422, "key-not-taken", "The campaign takes no key"),
    NoDraft: (404, "draft-not-found", "There is no such draft"),
    NotYourDraft: (403, "not-your-draft", "Somebody else wrote this change"),
    DraftDecided: (409, "draft-decided", "The change waits no longer"),
    NothingToWithdraw: (409, "nothing-to-withdraw", "This is not withdrawn in this way"),
    MustWait: (409, "must-wait", "Part of it waits for approval"),
    SeveralPolicies: (409, "several-policies", "Different people must approve this"),
    NobodyToDecide: (409, "nobody-to-decide", "Nobody else could approve this"),
    MomentAhead: (422, "moment-ahead", "The moment is to come"),
    SegmentInUse: (409, "segment-in-use", "The segment is named elsewhere"),
    NotAssigned: (404, "not-assigned", "Nobody has this lead"),
    AssignmentChanged: (409, "assignment-changed", "Somebody else has this lead by now"),
    NotOffered: (409, "not-offered", "The lead is not offered to you"),
    RepFull: (409, "rep-full", "The salesperson has no room"),
    RepInactive: (409, "rep-inactive", "The salesperson is not active"),
    RepNotFound: (404, "rep-not-found", "There is no such salesperson"),
    DaysOffNotFound: (404, "days-off-not-found", "There are no such days off"),
    TerritoryNotFound: (404, "territory-not-found", "There is no such territory"),
    TerritoryInUse: (409, "territory-in-use", "The territory is in use"),
    NoteNotFound: (404, "note-not-found", "There is no such note"),
    NotYourNote: (403, "not-your-note", "Somebody else wrote this note"),
    NoteChanged: (409, "note-changed", "The note is another by now"),
    TaskNotFound: (404, "task-not-found", "There is no such task"),
    TaskChanged: (409, "task-changed", "The task is another by now"),
    AskedAbout: (409, "lead-asked-about", "People are being asked about this lead"),
    MergeRefused: (409, "merge-refused", "These two cannot be made one"),
    MergeNotFound: (404, "merge-not-found", "There is no such merge"),
    SplitRefused: (409, "split-refused", "They cannot be parted now"),
    TagInvalid: (422, "tag-invalid", "This cannot be a tag"),
    TagNotFound: (404, "tag-not-found", "No lead has this tag"),
    TagThere: (409, "tag-there", "There is a tag of this name already"),
    TeamVersionNotFound: (404, "team-version-not-found", "There is no such version of the team"),
}
