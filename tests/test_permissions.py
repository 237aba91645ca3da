"""Every address × every role: who gets in, who is told no, who is told there is nothing.

The table is held against the URL map itself: a page that is not in it fails the last test, so
none can be forgotten. Statuses: 200 seen, 302 done or sent on, 401 no key, 403 not for this role,
404 not theirs to know of, 405 wrong method, 409 gone, 422 asked for more. “in” is the sign-in page.
"""

import uuid
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts import webhooks
from accounts.models import Absence, ApiKey, Notification, Team, Webhook
from leads import deleting, merging, qualification
from leads.activities import log_touch
from leads.calling import lists
from leads.duplicates import pairs
from leads.imports import running
from leads.models import (
    BulkRun,
    CaptureForm,
    CustomField,
    Framework,
    Insight,
    Lead,
    LeadFile,
    MailTemplate,
    Meeting,
    Merge,
    ReceivedMail,
    SavedView,
    SentMail,
    Tag,
    Task,
)
from leads.sequences import keeping
from leads.sequences import running as sequences
from personas import drafting as persona_drafting
from personas import saying, versions
from sla.contracts import drafting
from sla.models import Claim, Clock, MonthlyPromise
from sla.sweep import sweep
from tests.factories import hours, make_offer, make_user, ny, publish
from tests.leads.imports.files import received, worked

AT = ny("2026-01-15 10:00")
CALL = {"kind": "call", "wait": 0, "words": "Ask"}
PEOPLE = ("nobody", "otto", "riva", "maya", "mona", "sam", "sue", "dana", "admin")
# nobody: not signed in · otto: no team · riva: a marketer of another team · maya: marketer of the
# lead's team · mona: marketing manager · sam: the lead's owner · sue: another rep · dana: sales
# manager. Deeds are sent empty: 422 means that the role may do it and was asked for more.
TABLE = """
api-key-revoke       POST  in   404  404  404  404  302  404  404  404
api-keys             GET   in   200  200  200  200  200  200  200  200
api-keys             POST  in   200  200  200  200  200  200  200  200
api:accept           POST  401  404  404  403  403  200  404  409  409
api:acknowledge-change POST 401 403 403  403  403  200  200  200  403
api:activities       GET   401  404  404  200  200  200  404  200  200
api:activities       POST  401  422  422  422  422  422  422  422  422
api:changes          GET   401  200  200  200  200  200  200  200  200
api:companies        GET   401  200  200  200  200  200  200  200  200
api:company          GET   401  404  404  200  200  200  404  200  200
api:company          PATCH 401  404  404  200  200  200  404  200  200
api:compliance       GET   401  200  200  200  200  200  200  200  200
api:disqualify       POST  401  422  422  422  422  422  422  422  422
api:hand-off         POST  401  404  404  409  409  403  404  409  409
api:feedback         POST  401  422  422  422  422  422  422  422  422
api:enrol            POST  401  422  422  422  422  422  422  422  422
api:sequences        GET   401  200  200  200  200  200  200  200  200
api:fields           GET   401  200  200  200  200  200  200  200  200
api:handoff-time     GET   401  404  404  200  200  200  404  200  200
api:lead             GET   401  404  404  200  200  200  404  200  200
api:lead             PATCH 401  404  404  200  200  200  404  200  200
api:leads            GET   401  200  200  200  200  200  200  200  200
api:leads            POST  401  403  422  422  422  422  422  422  422
api:qualify          POST  401  404  404  403  403  200  404  200  200
api:take-back-need   POST  401  404  404  403  403  200  404  200  200
api:needs            GET   401  404  404  200  200  200  404  200  200
api:needs            POST  401  422  422  422  422  422  422  422  422
api:queue            GET   401  200  200  200  200  200  200  200  200
api:recycle          POST  401  422  422  422  422  422  422  422  422
api:what-if          POST  401  403  403  403  200  403  403  200  200
api:answer-return    POST  401  422  422  422  422  422  422  422  422
api:decide-ruling    POST  401  422  422  422  422  422  422  422  422
api:propose-ruling   POST  401  422  422  422  422  422  422  422  422
api:returns          GET   401  200  200  200  200  200  200  200  200
api:scorecard        GET   401  403  200  200  200  200  200  200  200
api:reject           POST  401  422  422  422  422  422  422  422  422
agenda               GET   in   403  200  200  200  200  200  200  200
agenda-feed          POST  in   403  200  200  200  200  200  200  200
agenda-month         GET   in   403  200  200  200  200  200  200  200
lead-files           GET   in   404  404  200  200  200  404  200  200
lead-files           POST  in   404  404  422  422  422  404  422  422
lead-files-zip       GET   in   404  404  200  200  200  404  200  200
file                 GET   in   404  404  302  302  302  404  302  302
file-remove          POST  in   404  404  302  302  302  404  302  302
file-put-back        POST  in   404  404  302  302  302  404  302  302
lead-task            GET   in   404  404  200  200  200  404  200  200
lead-task            POST  in   404  404  422  422  422  404  422  422
insight-drop         POST  in   404  404  403  403  302  404  302  302
insight-put-back     POST  in   404  404  403  403  302  404  302  302
lead-insight         GET   in   404  404  200  200  200  404  200  200
lead-insight         POST  in   404  404  422  422  422  404  422  422
lead-calls           POST  in   404  404  302  302  302  404  302  302
call-list            GET   in   403  403  403  403  200  404  404  404
call-list            POST  in   403  403  403  403  302  404  404  404
call-list-put-back   POST  in   403  403  403  403  302  404  404  404
call-list-remove     POST  in   403  403  403  403  302  404  404  404
call-lists           GET   in   403  403  403  403  200  200  200  200
call-next            GET   in   403  403  403  403  200  404  404  404
call-next            POST  in   403  403  403  403  302  404  404  404
lead-enrol           GET   in   404  404  403  403  200  404  200  200
lead-enrol           POST  in   404  404  403  403  422  404  422  422
enrolment-stop       POST  in   404  404  403  403  302  404  302  302
sequence             GET   in   403  403  403  403  200  404  404  404
sequence-edit        GET   in   403  403  403  403  200  404  404  404
sequence-edit        POST  in   403  403  403  403  422  404  404  404
sequence-list        GET   in   403  403  403  403  200  200  200  200
sequence-new         GET   in   403  403  403  403  200  200  200  200
sequence-new         POST  in   403  403  403  403  422  422  422  422
sequence-put-back    POST  in   403  403  403  403  302  404  404  404
sequence-remove      POST  in   403  403  403  403  302  404  404  404
task-done            POST  in   404  404  302  302  302  404  302  302
task-reopen          POST  in   404  404  302  302  302  404  302  302
company              GET   in   404  404  200  200  200  404  200  200
company-cell-undo    POST  in   404  404  302  302  302  404  302  302
company-cell         GET   in   404  404  200  200  200  404  200  200
company-cell         POST  in   404  404  409  409  409  404  409  409
company-list         GET   in   403  200  200  200  200  200  200  200
company-merge        POST  in   404  404  302  302  302  404  302  302
company-take-apart   POST  in   404  404  404  404  404  404  404  404
company-owner        POST  in   404  404  403  403  403  404  302  302
lead-role            POST  in   404  404  302  302  302  404  302  302
bell                 GET   in   200  200  200  200  200  200  200  200
booking-page         GET   in   403  403  403  403  200  200  200  403
booking-page         POST  in   403  403  403  403  422  422  422  403
bulk                 POST  in   403  302  302  302  302  302  302  302
bulk-run             GET   in   403  404  200  404  404  404  404  404
bulk-stop            POST  in   403  404  302  404  404  404  404  404
bulk-undo            POST  in   403  404  302  404  404  404  404  404
calendar             GET   in   200  200  200  200  200  200  200  200
calendar             POST  in   403  403  403  403  403  403  422  422
calendar-list        GET   in   200  200  200  200  200  200  200  200
calendar-new         GET   in   403  403  403  200  403  403  200  200
calendar-new         POST  in   403  403  403  422  403  403  422  422
calendar-preview     POST  in   200  200  200  200  200  200  200  200
calendar-regions     GET   in   200  200  200  200  200  200  200  200
campaign             GET   in   403  404  200  200  403  403  200  200
campaign-edit        GET   in   403  404  200  200  403  403  403  200
campaign-edit        POST  in   403  404  422  422  403  403  403  422
campaign-list        GET   in   403  200  200  200  403  403  200  200
campaign-new         GET   in   403  200  200  200  403  403  403  200
campaign-new         POST  in   403  422  422  422  403  403  403  422
change-acknowledge   POST  in   403  403  403  403  302  302  302  403
change-carriers      GET   in   403  200  200  200  200  200  200  200
change-discard       POST  in   403  302  302  302  403  403  403  403
change-list          GET   in   403  200  200  200  200  200  200  200
change-publish       POST  in   403  403  403  302  403  403  403  403
change-take-back     POST  in   403  403  403  302  403  403  403  403
claim-decide         POST in   403  403  403  404  403  403  422  403
claim-list           GET  in   403  403  403  200  403  403  200  403
clock-excuse         GET   in   404  404  404  403  403  404  200  403
clock-excuse         POST  in   404  404  404  403  403  404  422  403
clock-excuse-undo    POST  in   404  404  404  403  403  404  302  403
clock-list           GET   in   200  200  200  200  200  200  200  200
compliance           GET   in   200  200  200  200  200  200  200  200
compliance-at-risk   GET   in   200  200  200  200  200  200  200  200
compliance-speed     GET   in   200  200  200  200  200  200  200  200
compliance-time      GET   in   200  200  200  200  200  200  200  200
contract             GET   in   200  200  200  200  200  200  200  200
contract-begin       POST  in   403  403  403  302  403  403  302  403
contract-discard     POST  in   403  403  403  409  403  403  409  403
contract-draft       GET   in   403  403  403  200  403  403  200  200
contract-draft       POST  in   403  403  403  422  403  403  422  403
contract-move        GET   in   403  403  403  200  403  403  200  403
contract-move        POST  in   403  403  403  422  403  403  422  403
contract-end         GET   in   403  403  403  200  403  403  200  403
contract-end         POST  in   403  403  403  422  403  403  422  403
contract-end-sign    POST  in   403  403  403  302  403  403  302  403
contract-sign        POST  in   403  403  403  422  403  403  422  403
contract-pdf         GET   in   404  404  404  404  404  404  404  404
contract-text        GET   in   404  404  404  404  404  404  404  404
contract-version     GET   in   200  200  200  200  200  200  200  200
contract-versions    GET   in   200  200  200  200  200  200  200  200
criteria             GET   in   403  403  403  403  403  403  200  200
criteria             POST  in   403  403  403  403  403  403  422  422
criteria-list        GET   in   403  200  200  200  200  200  200  200
criteria-new         GET   in   403  403  403  403  403  403  200  200
criteria-new         POST  in   403  403  403  403  403  403  422  422
criteria-put-back    POST  in   403  403  403  403  403  403  302  302
criteria-remove      POST  in   403  403  403  403  403  403  302  302
deal-close           GET   in   404  404  403  403  200  404  200  200
deal-close           POST  in   404  404  403  403  422  404  422  422
deal-list            GET   in   200  200  200  200  200  200  200  200
definition           GET   in   403  200  200  200  200  200  200  200
definition-drop      POST  in   403  302  302  302  302  302  302  403
definition-edit      GET   in   403  200  200  200  200  200  200  403
definition-edit      POST  in   403  422  422  422  422  422  422  403
definition-list      GET   in   403  200  200  200  200  200  200  200
definition-new       GET   in   403  200  200  200  200  200  200  403
definition-new       POST  in   403  422  422  422  422  422  422  403
definition-preview   GET   in   403  404  404  404  404  404  404  404
definition-preview   POST  in   403  200  200  200  200  200  200  200
definition-sign      POST  in   403  403  403  302  403  403  302  403
duplicate-reopen     POST  in   404  404  302  302  404  404  404  302
duplicates           GET   in   403  200  200  200  200  200  200  200
field                GET   in   403  403  403  200  403  403  200  200
field                POST  in   403  403  403  422  403  403  422  422
field-bring-back     POST  in   403  403  403  302  403  403  302  302
field-erase          GET   in   403  403  403  200  403  403  200  200
field-erase          POST  in   403  403  403  422  403  403  422  422
field-example        POST  in   403  403  403  200  403  403  200  200
field-list           GET   in   403  403  403  200  403  403  200  200
field-move           POST  in   403  403  403  302  403  403  302  302
field-new            GET   in   403  403  403  200  403  403  200  200
field-new            POST  in   403  403  403  422  403  403  422  422
field-remove         POST  in   403  403  403  302  403  403  302  302
field-usage          GET   in   403  403  403  200  403  403  200  200
form                 GET   in   403  404  200  200  403  403  403  200
form                 POST  in   403  404  422  422  403  403  403  422
form-list            GET   in   403  200  200  200  403  403  403  200
form-new             GET   in   403  200  200  200  403  403  403  200
form-new             POST  in   403  422  422  422  403  403  403  422
form-preview         POST  in   403  200  200  200  403  403  403  200
handoff-accept       POST  in   404  404  404  404  302  404  302  302
handoff-pause        GET  in   404  404  404  404  200  404  200  200
handoff-pause        POST in   404  404  404  404  422  404  422  422
handoff-feedback     GET   in   404  404  404  404  200  404  200  200
handoff-feedback     POST  in   404  404  404  404  422  404  422  422
handoff-reassign     GET   in   404  404  404  404  403  404  200  200
handoff-reassign     POST  in   404  404  404  404  403  404  422  422
handoff-reject       GET   in   404  404  404  404  200  404  200  200
handoff-reject       POST  in   404  404  404  404  422  404  422  422
handoff-resume       POST in   404  404  404  404  302  404  302  302
handoff-time         GET   in   404  404  200  200  200  404  200  200
home                 GET   in   200  200  200  200  200  200  200  200
import               GET   in   403  404  200  200  404  404  404  200
import-cancel        POST  in   403  404  302  302  404  404  404  302
import-columns       GET   in   403  404  200  404  404  404  404  404
import-columns       POST  in   403  404  422  404  404  404  404  404
import-discard       POST  in   403  404  302  404  404  404  404  404
import-list          GET   in   403  200  200  200  200  200  200  200
import-new           GET   in   403  200  200  200  200  200  200  200
import-new           POST  in   403  422  422  422  422  422  422  422
import-preview       GET   in   403  404  200  404  404  404  404  404
import-progress      GET   in   403  404  200  200  404  404  404  200
import-read-again    POST  in   403  404  302  404  404  404  404  404
import-refused       GET   in   403  404  200  200  404  404  404  200
import-start         POST  in   403  404  302  404  404  404  404  404
import-undo          POST  in   403  404  302  302  404  404  404  302
leave-out            GET   in   403  403  403  200  403  403  200  403
leave-out            POST  in   403  403  403  422  403  403  422  403
leave-out-decide     POST  in   403  403  403  302  403  403  302  403
lead                 GET   in   404  404  200  200  200  404  200  200
lead-activity        GET   in   404  404  200  200  200  404  200  200
touch-undo           POST  in   404  404  404  404  302  404  404  404
lead-activity        POST  in   404  404  422  422  422  404  422  422
lead-deal            GET   in   404  404  403  403  200  404  200  200
lead-deal            POST  in   404  404  403  403  422  404  422  422
lead-answer          POST  in   404  404  403  403  302  404  302  302
lead-answer-undo     POST  in   404  404  403  403  404  404  404  404
lead-bin             GET   in   403  200  200  200  200  200  200  200
lead-cell            GET   in   403  404  200  200  200  404  200  200
lead-cell            POST  in   403  404  409  409  409  404  409  409
lead-columns         GET   in   403  200  200  200  200  200  200  200
lead-columns         POST  in   403  200  200  200  200  200  200  200
lead-count           GET   in   403  200  200  200  200  200  200  200
lead-disqualify      GET   in   404  404  403  403  200  404  200  200
lead-disqualify      POST  in   404  404  403  403  422  404  422  422
lead-edit            GET   in   404  404  200  200  200  404  200  200
lead-edit            POST  in   404  404  422  422  422  404  422  422
lead-edit-undo       POST  in   403  404  404  404  404  404  404  404
company-export       GET   in   403  200  200  200  200  200  200  200
lead-export          GET   in   403  200  200  200  200  200  200  200
lead-export-columns  GET   in   403  200  200  200  200  200  200  200
lead-filter          GET   in   403  200  200  200  200  200  200  200
lead-filter          POST  in   403  200  200  200  200  200  200  200
lead-hand-off        GET   in   404  404  200  200  403  404  200  200
lead-hand-off        POST  in   404  404  302  302  403  404  302  302
lead-list            GET   in   403  200  200  200  200  200  200  200
lead-merge           GET   in   404  404  302  302  403  404  302  302
lead-merge           POST  in   404  404  302  302  403  404  302  302
lead-put-back        POST  in   403  404  302  302  404  404  302  302
lead-tags            POST  in   404  404  302  302  302  404  302  302
lead-take-up         POST  in   404  404  403  403  302  404  302  302
lead-take-back       POST  in   404  404  302  302  403  404  302  302
lead-alike           GET   in   404  404  200  200  200  404  200  200
lead-not-same        POST  in   404  404  302  302  403  404  302  302
lead-new             GET   in   403  200  200  200  200  200  200  200
lead-new             POST  in   403  422  422  422  422  422  422  422
lead-qualify         POST  in   404  404  403  403  302  404  302  302
lead-recycle         GET   in   404  404  403  403  200  404  200  200
lead-recycle         POST  in   404  404  403  403  422  404  422  422
lead-mail            GET   in   404  404  403  403  200  404  200  200
lead-mail            POST  in   404  404  403  403  422  404  422  422
lead-mail-preview    POST  in   404  404  403  403  200  404  200  200
lead-mail-trust      POST  in   404  404  403  403  302  404  302  302
contacts             GET   in   403  200  200  200  200  200  200  200
contacts             POST  in   403  403  403  302  403  403  302  302
mail-undo            POST  in   404  404  404  404  302  404  404  404
telling              GET   in   200  200  200  200  200  200  200  200
telling              POST  in   422  422  422  422  422  422  422  422
telling-chat         POST  in   422  422  422  422  422  422  422  422
template             GET   in   403  403  403  403  200  404  404  404
template             POST  in   403  403  403  403  422  404  404  404
template-list        GET   in   403  403  403  403  200  200  200  200
template-new         GET   in   403  403  403  403  200  200  200  200
template-new         POST  in   403  403  403  403  422  422  422  422
template-put-back    POST  in   403  403  403  403  302  404  404  404
template-remove      POST  in   403  403  403  403  302  404  404  404
mailbox              GET   in   403  403  403  403  403  403  403  200
mailbox-again        POST  in   403  403  403  403  403  403  403  302
lead-mentions        GET   in   404  404  200  200  200  404  200  200
lead-meeting         GET   in   404  404  403  403  200  404  200  200
lead-meeting         POST  in   404  404  403  403  422  404  422  422
meeting-cancel       POST  in   404  404  403  403  302  404  302  302
meeting-end          POST  in   404  404  403  403  302  404  302  302
meeting-ics          GET   in   404  404  200  200  200  404  200  200
meeting-keep         POST  in   404  404  403  403  302  404  302  302
meeting-move         GET   in   404  404  403  403  200  404  200  200
meeting-move         POST  in   404  404  403  403  422  404  422  422
message-agree        POST  in   403  403  403  302  403  403  302  403
message-bring-back   POST  in   403  403  403  302  302  403  302  403
message-new          GET   in   403  200  200  200  200  200  200  403
message-new          POST  in   403  422  422  422  422  422  422  403
message-retire       POST  in   403  403  403  302  302  403  302  403
merge-undo           POST  in   404  404  302  302  404  404  404  302
notification-open    POST  in   404  404  404  404  302  404  404  404
notifications        GET   in   200  200  200  200  200  200  200  200
notifications-read   POST  in   302  302  302  302  302  302  302  302
offer                GET   in   403  200  200  200  200  200  200  200
offer-change         GET   in   403  200  200  200  200  200  200  200
offer-change-edit    GET   in   403  200  200  200  403  403  403  403
offer-change-edit    POST  in   403  422  422  422  403  403  403  403
offer-describe       GET   in   403  200  200  200  403  403  403  403
offer-describe       POST  in   403  409  409  409  403  403  403  403
offer-list           GET   in   403  200  200  200  200  200  200  200
offer-new            GET   in   403  200  200  200  403  403  403  403
offer-new            POST  in   403  422  422  422  403  403  403  403
persona              GET   in   403  200  200  200  200  200  200  200
persona-adopt        POST  in   403  302  302  302  302  302  302  403
persona-draft        GET   in   403  200  200  200  200  200  200  200
persona-draft-preview GET  in   403  200  200  200  200  200  200  200
persona-drop         POST  in   403  302  302  302  302  302  302  403
persona-edit         GET   in   403  200  200  200  200  200  200  403
persona-edit         POST  in   403  422  422  422  422  422  422  403
persona-new          GET   in   403  200  200  200  200  200  200  403
persona-new          POST  in   403  422  422  422  422  422  422  403
persona-preview      POST  in   403  200  200  200  200  200  200  200
persona-sign         POST  in   403  403  403  302  403  403  302  403
persona-list         GET   in   403  200  200  200  200  200  200  200
pool                 GET   in   403  403  403  403  403  403  200  200
pool                 POST  in   403  403  403  403  403  403  422  422
pool-list            GET   in   403  403  403  403  403  403  200  200
pool-people          GET   in   403  403  403  403  403  403  200  200
pool-people          POST  in   403  403  403  403  403  403  422  422
prediction           GET   in   403  403  403  200  403  403  200  200
person-hours         GET   in   404  404  404  404  200  404  200  200
person-hours         POST  in   404  404  404  404  302  404  302  302
person-leave         POST  in   404  404  404  404  422  404  422  422
person-list          GET   in   403  403  403  200  403  403  200  200
profile              GET   in   200  200  200  200  200  200  200  200
profile              POST  in   200  200  200  200  200  200  200  200
monthly              GET   in   403  403  403  200  403  403  200  403
monthly              POST  in   403  403  403  422  403  403  422  403
monthly-new          GET   in   403  403  403  200  403  403  200  403
monthly-new          POST  in   403  403  403  422  403  403  422  403
monthly-remove       POST  in   403  403  403  409  403  403  409  403
promise              GET   in   403  403  403  200  403  403  200  403
promise              POST  in   403  403  403  422  403  403  422  403
promise-bring-back   POST  in   403  403  403  302  403  403  302  403
promise-move         POST  in   403  403  403  302  403  403  302  403
promise-new          GET   in   403  403  403  200  403  403  200  403
promise-new          POST  in   403  403  403  422  403  403  422  403
promise-remove       POST  in   403  403  403  409  403  403  409  403
quiet-hours          POST  in   302  302  302  302  302  302  302  302
quality              GET   in   403  200  200  200  403  403  200  200
queue                GET   in   403  403  403  403  200  200  200  200
queue-group          POST  in   403  403  403  403  302  302  302  302
queue-rows           GET   in   403  403  403  403  200  200  200  200
ready                GET   in   403  200  200  200  200  200  200  200
ready                POST  in   403  422  422  422  422  422  422  422
return-answer        POST  in   403  404  422  422  403  403  403  422
returns              GET   in   403  200  200  200  403  403  403  200
ruling-decide        POST  in   403  404  403  302  403  404  302  403
ruling-propose       POST  in   403  404  403  422  403  404  422  403
rulings              GET   in   403  200  200  200  200  200  200  200
scorecard            GET   in   403  200  200  200  200  200  200  200
scorecard-leads      GET   in   403  200  200  200  200  200  200  200
scoring              GET   in   403  200  200  200  200  200  200  200
scoring-backtest     GET   in   403  404  404  404  404  404  404  404
scoring-discard      POST  in   403  302  302  302  403  403  302  403
scoring-edit         GET   in   403  200  200  200  403  403  200  403
scoring-edit         POST  in   403  422  422  422  403  403  422  403
scoring-preview      GET   in   403  404  404  404  404  404  404  404
scoring-progress     GET   in   403  200  200  200  200  200  200  200
scoring-sign         POST  in   403  403  403  302  403  403  302  403
search               GET   in   403  200  200  200  200  200  200  200
view-edit            GET   in   403  404  200  200  404  404  404  200
view-edit            POST  in   403  404  422  302  404  404  404  422
view-new             GET   in   403  200  200  200  200  200  200  200
view-new             POST  in   403  422  422  422  422  422  422  422
view-put-back        POST  in   403  404  302  404  404  404  404  302
view-remove          POST  in   403  404  302  302  404  404  404  302
webhook              GET   in   403  403  403  403  403  403  403  200
webhook-delete       GET   in   403  403  403  403  403  403  403  200
webhook-delete       POST  in   403  403  403  403  403  403  403  302
webhook-delivery-again POST in  403  403  403  403  403  403  403  302
webhook-list         GET   in   403  403  403  403  403  403  403  200
webhook-list         POST  in   403  403  403  403  403  403  403  422
webhook-secret       POST  in   403  403  403  403  403  403  403  200
webhook-switch       POST  in   403  403  403  403  403  403  403  302
webhook-test         POST  in   403  403  403  403  403  403  403  302
what-if              GET   in   403  403  403  200  403  403  200  200
tag-list             GET   in   403  200  200  200  200  200  200  200
tag-merge            POST  in   403  403  403  422  403  403  422  422
tag-put-back         POST  in   403  403  403  302  403  403  302  302
tag-remove           POST  in   403  403  403  302  403  403  302  302
tag-rename           POST  in   403  403  403  422  403  403  422  422
tag-take-apart       POST  in   403  403  403  302  403  403  302  302
unassigned           GET   in   403  403  403  403  403  403  200  200
"""
PUBLIC = {"calendar-feed", "book", "book-time", "booked", "booked-cancel", "booked-ics",
          "booked-move",
          "healthz", "readyz", "metrics", "hosted-form", "hosted-thanks", "hosted-form-js",
          "api:docs", "api:schema"}  # fmt: skip


def routes(patterns=None, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every (name, pattern) of the project, but the admin's, allauth's own and Django's."""
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        if isinstance(pattern, URLResolver):
            if str(pattern.pattern) not in ("admin/", "accounts/"):
                space = f"{pattern.namespace}:" if pattern.namespace else ""
                yield from routes(pattern.url_patterns, prefix + space)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield prefix + pattern.name, str(pattern.pattern)


def rows() -> list[list[str]]:
    return [line.split() for line in TABLE.strip().splitlines()]


@pytest.fixture
def scene(cast):
    """A lead accepted by Sam and overdue, one that was rejected, a deal, and Sam's own things."""
    rivals = Team.objects.create(slug="rivals", name="Rivals", kind="marketing")
    riva = make_user("riva", rivals)
    lead = cast.hot_lead(at=AT)
    handoff = lead.handoffs.get()
    sweep(at=AT + hours(0.4))
    handoff.accept(cast.sam, at=AT + hours(0.5))
    cast.pool.members.filter(user=cast.sue).update(capacity=0)
    second = cast.hot_lead(at=AT, email="second@spa.example")
    returned = second.handoffs.get().reject(cast.sam, reason="spam", at=AT)
    third = cast.hot_lead(at=AT, email="third@spa.example")
    third.handoffs.get().accept(cast.sam, at=AT)
    qualification.qualify(third, by=cast.sam, at=AT)
    deal, _ = qualification.open_deal(third, by=cast.sam, at=AT, amount=Decimal(5))
    form = CaptureForm.objects.create(
        slug="guide", name="Guide", campaign=cast.campaign, owner=cast.maya
    )
    bell = Notification.objects.create(
        user=cast.sam, delivery_id="00000000-0000-0000-0000-000000000001", created_at=AT, url="/"
    )
    leave = Absence.objects.create(user=cast.sam, starts_at=AT, ends_at=AT + hours(1))
    key, _ = ApiKey.objects.issue(cast.sam, scope="full")
    missed = Clock.objects.get(lead=lead, term__key="accept_hot")
    late = log_touch(lead, "call", by=cast.sam, at=AT + hours(2), occurred_at=AT + hours(0.6))
    claim = Claim.objects.get(activity=late)
    hook = Webhook.objects.create(name="Chat", url="https://hook.example/", created_at=AT)
    delivery = webhooks.tell(hook, "test", {}, at=AT)
    done, waiting = (received(b"email\npat@\n", cast.maya) for _ in range(2))
    running.start(done, by=cast.maya, at=AT)
    worked(done)
    facts = {**versions.newest("persona", cast.persona.slug)[1], "goals": "Calm"}
    persona_drafting.save("persona", cast.persona.slug, facts, by=cast.maya, at=AT, seen="1")
    MonthlyPromise.objects.create(
        contract=cast.contract, key="accept", name="Accepted", counted="accepted", target=5
    )
    draft = drafting.begin(by=cast.mona, at=AT)
    promised, monthly = draft.terms.get(key="accept"), draft.monthly.get()
    twins = [
        cast.capture(at=AT, email=f"{n}@twin.example", campaign=cast.campaign.slug).lead
        for n in "abcd"
    ]
    pair = pairs.pair_of(*twins[:2], at=AT)
    pairs.set_apart(pair, by=cast.maya, at=AT)
    merging.merge(*twins[2:], by=cast.maya, at=AT)
    owned = CustomField.objects.create(name="budget", label="Budget", kind="money", currency="USD")
    gone = CustomField.objects.create(name="old", label="Old", kind="text", removed_at=AT)
    shared, taken = (
        SavedView.objects.create(by=cast.maya, name=name, shared="team", team=cast.marketing,
                                 made_at=AT, removed_at=removed)
        for name, removed in (("Shared", None), ("Gone", AT))
    )  # fmt: skip
    words = {"subject": "Hello", "body": "Text"}
    mail = SentMail.objects.create(
        once=uuid.uuid4(), lead=lead, sender=cast.sam, to="pat@spa.example", written_at=AT,
        next_attempt_at=AT, **words,
    )  # fmt: skip
    written, dropped = (
        MailTemplate.objects.create(
            by=cast.sam, name=name, changed_at=AT, removed_at=removed, **words
        )
        for name, removed in (("Own", None), ("Dropped", AT))
    )
    planned, unplanned = (
        keeping.save(cast.sam, name=name, shared="own", steps=[CALL], at=AT)
        for name in ("Fair", "No more")
    )
    keeping.remove(unplanned, at=AT)
    calling = lists.called("Fair", by=cast.sam, at=AT)
    uncalled = lists.called("No more", by=cast.sam, at=AT)
    lists.remove(uncalled, at=AT)
    inside = sequences.begin(lead, planned.newest, by=cast.sam, at=AT)
    meeting = Meeting.objects.create(
        uid="m@x", once=uuid.uuid4(), lead=lead, by=cast.sam, title="Talk", starts_at=AT + hours(9),
        minutes=30, changed_at=AT,
    )  # fmt: skip
    aside = ReceivedMail.objects.create(
        key="k", kind="aside", received_at=AT, recorded_at=AT, raw=b"Subject: x\n\nx"
    )
    agreed = Framework.objects.create(name="BANT", questions=[], changed_at=AT)
    tag = Tag.objects.create(name="fair", made_at=AT)
    merged, off = (
        Tag.objects.create(name=name, made_at=AT, merged_into=into, removed_at=removed)
        for name, into, removed in (("trade fair", tag, None), ("old", None, AT))
    )
    insight = Insight.objects.create(
        lead=lead, persona=cast.persona, about="pain", words="Cold", by=cast.sam, at=AT
    )
    task = Task.objects.create(lead=lead, words="Call", due_at=AT, by=cast.sam, made_at=AT)
    file = LeadFile.objects.create(
        key="0" * 32, lead=lead, name="a.pdf", kind="pdf", size=1, at=AT, next_scan_at=AT
    )
    run = BulkRun.objects.create(by=cast.maya, deed="tag", started_at=AT)
    binned = cast.capture(at=AT, email="gone@bin.example").lead
    deleting.delete(binned, by=cast.maya, at=AT)
    Lead.everything.filter(pk=binned.pk).update(handed_over_at=AT)
    change = publish(make_offer(), by=cast.mona, at=AT, price="13.00")
    message = saying.propose("Hello", by=cast.sam, at=AT, offer=change.offer)
    numbers = {
        "message-": message.pk, "api:acknowledge": change.pk,
        "change": change.pk, "offer-change": change.pk, "company": lead.of_company_id,
        "lead-put-back": binned.pk, "criteria": agreed.pk,
        "bulk-": run.pk, "mail-": mail.pk, "mailbox-": aside.pk, "meeting-": meeting.pk,
        "task-": task.pk, "insight-": insight.pk, "file": file.pk,
        "call-list-put-back": uncalled.pk, "call-": calling.pk,
        "sequence-put-back": unplanned.pk, "sequence": planned.pk, "enrolment-": inside.pk,
        "template-put-back": dropped.pk, "template": written.pk,
        "tag-take-apart": merged.pk, "tag-put-back": off.pk, "tag-": tag.pk,
        **dict.fromkeys(("field-erase", "field-bring-back"), gone.pk), "field": owned.pk,
        "view-put-back": taken.pk, "view-": shared.pk,
        "duplicate-reopen": pair.pk, "merge-undo": Merge.objects.get().pk,
        **dict.fromkeys(("import-columns", "import-discard", "import-preview", "import-read-again",
                         "import-start"),
                        waiting.pk), "import": done.pk,
        "api:company": lead.of_company_id, "handoff": handoff.pk, "lead": lead.pk,
        "deal": deal.pk, "return": returned.pk, "ruling-": returned.pk,
        "clock": missed.pk, "claim": claim.pk, "notification": bell.pk, "absence": leave.pk,
        "api-key": key.pk, "api:handoff": handoff.pk, "api:": lead.pk, "person-": cast.sam.pk,
        "touch-undo": late.pk,
        "webhook-delivery": delivery.pk, "webhook": hook.pk, "promise": promised.pk,
        "monthly": monthly.pk, "leave-out": handoff.pk,
    }  # fmt: skip
    slugs = {"calendar": "new-york", "campaign": cast.campaign.slug, "definition": "mql",
             "form": form.slug, "hosted": form.slug, "persona": cast.persona.slug,
             "pool": cast.pool.slug,
             **dict.fromkeys(("offer", "message"), change.offer.slug)}  # fmt: skip
    people = {name: getattr(cast, name, None) for name in PEOPLE} | {
        "riva": riva, "otto": cast.outsider,
    }  # fmt: skip
    return people, numbers, slugs


def address(name: str, pattern: str, numbers, slugs) -> str:
    if name == "agenda-month":
        return reverse(name, args=["2027-01"])
    if name in ("company-cell", "company-cell-undo"):
        return reverse(name, args=[numbers["company"], "name"])
    if name == "lead-cell":
        return reverse(name, args=[numbers["lead"], "company"])
    if name == "api:take-back-need":
        return reverse(name, args=[numbers["lead"], numbers["insight-"]])
    if name == "lead-answer-undo":
        return reverse(name, args=[numbers["lead"], 2**40])
    if name == "lead-edit-undo":
        return reverse(name, args=[numbers["lead"], 2**40])
    if "<int:pk>" in pattern:
        return reverse(name, args=[next(v for k, v in numbers.items() if name.startswith(k))])
    if "<slug:slug>" in pattern:
        return reverse(name, args=[next(v for k, v in slugs.items() if name.startswith(k))])
    if "<int:number>" in pattern or "<int:version>" in pattern:
        return reverse(name, args=[1])
    return reverse(name, args=["accept"] if "<slug:key>" in pattern else [])


def session(person) -> dict[str, str]:
    """The headers of somebody signed in; nobody has none."""
    if person is None:
        return {}
    client = Client()
    client.force_login(person)
    return {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}


def answer(signed_in: dict[str, str], method: str, url: str) -> str:
    client = Client(raise_request_exception=True, headers=signed_in)
    with transaction.atomic():
        if url.startswith("/api/"):
            got = client.generic(method, url, b"{}" if method != "GET" else b"",
                                 content_type="application/json")  # fmt: skip
        else:
            got = client.generic(method, url, content_type="application/x-www-form-urlencoded")
        transaction.set_rollback(True)
    if got.status_code == 302 and got["Location"].startswith("/accounts/login/"):
        return "in"
    return str(got.status_code)


@pytest.mark.parametrize("part", range(3))
def test_each_role_gets_what_the_table_says(scene, part):
    """A third of the table at a time: the scene is costly, and workers share the parts."""
    people, numbers, slugs = scene
    patterns, wrong = dict(routes()), []
    sessions = {who: session(people[who]) for who in PEOPLE}
    for name, method, *expected in rows()[part::3]:
        url = address(name, patterns[name], numbers, slugs)
        got = [answer(sessions[who], method, url) for who in PEOPLE]
        wrong += [
            f"{method} {name} as {who}: {g}, the table says {e}"
            for who, g, e in zip(PEOPLE, got, expected, strict=True)
            if g != e
        ]
    assert wrong == []


def test_no_address_was_forgotten():
    listed = {row[0] for row in rows()} | PUBLIC
    assert {name for name, _ in routes()} - listed == set()


def test_nothing_but_the_public_addresses_answers_a_stranger():
    strangers = {row[0]: row[2] for row in rows()}
    assert {name: got for name, got in strangers.items() if got not in ("in", "401", "405")} == {}
