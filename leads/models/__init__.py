"""The tables of a lead's life."""

from leads.models.activity import (
    LOGGED_BY_HAND,
    OUTCOMES,
    TOUCHES,
    TOUCHPOINTS,
    Activity,
    Kind,
    Outcome,
)
from leads.models.bulk import BulkLine, BulkRun
from leads.models.call_list import CallEntry, CallList
from leads.models.campaign import Campaign, CaptureForm
from leads.models.company import Company
from leads.models.criteria import Answer, Framework
from leads.models.custom_field import CustomField
from leads.models.deal import Deal, DealContact
from leads.models.duplicate import DuplicateFigures, DuplicatePair
from leads.models.feedback import Feedback
from leads.models.file import LeadFile
from leads.models.handoff import Handoff, RejectReason
from leads.models.imported import Duplicates, Import, ImportBatch, ImportChunk, Left
from leads.models.inbox import Mailbox, ReceivedMail
from leads.models.insight import Insight
from leads.models.lead import Lead
from leads.models.mail import BadAddress, MailTemplate, SentMail
from leads.models.meeting import Meeting
from leads.models.merge import FormerLead, Merge
from leads.models.prediction import Chance, Prediction
from leads.models.returned import Return
from leads.models.routing import Assignment, Pool, PoolMember
from leads.models.ruling import Ruling
from leads.models.saved_view import ListSettings, SavedView
from leads.models.score import ScoreDraft, ScoreRules, ScoreRun
from leads.models.sequence import Enrolment, EnrolmentStep, Sequence, SequenceVersion
from leads.models.stages import AIDA_AT, Aida, DecisionRole, Sourced, Stage, Tier
from leads.models.tag import Tag
from leads.models.task import Task

__all__ = [
    "AIDA_AT",
    "LOGGED_BY_HAND",
    "OUTCOMES",
    "TOUCHES",
    "TOUCHPOINTS",
    "Activity",
    "Aida",
    "Answer",
    "Assignment",
    "BadAddress",
    "BulkLine",
    "BulkRun",
    "CallEntry",
    "CallList",
    "Campaign",
    "CaptureForm",
    "Chance",
    "Company",
    "CustomField",
    "Deal",
    "DealContact",
    "DecisionRole",
    "DuplicateFigures",
    "DuplicatePair",
    "Duplicates",
    "Enrolment",
    "EnrolmentStep",
    "Feedback",
    "FormerLead",
    "Framework",
    "Handoff",
    "Import",
    "ImportBatch",
    "ImportChunk",
    "Insight",
    "Kind",
    "Lead",
    "LeadFile",
    "Left",
    "ListSettings",
    "MailTemplate",
    "Mailbox",
    "Meeting",
    "Merge",
    "Outcome",
    "Pool",
    "PoolMember",
    "Prediction",
    "ReceivedMail",
    "RejectReason",
    "Return",
    "Ruling",
    "SavedView",
    "ScoreDraft",
    "ScoreRules",
    "ScoreRun",
    "SentMail",
    "Sequence",
    "SequenceVersion",
    "Sourced",
    "Stage",
    "Tag",
    "Task",
    "Tier",
]
