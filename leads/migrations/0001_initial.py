from decimal import Decimal

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("personas", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name="ScoreRules",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(unique=True)),
                ("rules", models.JSONField()),
                ("in_force_from", models.DateTimeField()),
            ],
            options={
                "ordering": ["-version"],
            },
        ),
        migrations.CreateModel(
            name="Campaign",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=160)),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("search", "Search ads"),
                            ("social", "Social ads"),
                            ("email", "E-mail"),
                            ("event", "Event"),
                            ("content", "Content"),
                            ("referral", "Referral"),
                            ("partner", "Partner"),
                            ("other", "Other"),
                        ],
                        default="other",
                        max_length=16,
                    ),
                ),
                ("budget", models.DecimalField(decimal_places=2, default=0, max_digits=12)),
                ("spent", models.DecimalField(decimal_places=2, default=0, max_digits=12)),
                ("currency", models.CharField(default="USD", max_length=3)),
                ("starts_on", models.DateField(blank=True, null=True)),
                ("ends_on", models.DateField(blank=True, null=True)),
                ("hand_over_at_once", models.BooleanField(default=True)),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="campaigns",
                        to="accounts.team",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="CaptureForm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=160)),
                ("headline", models.CharField(blank=True, max_length=200)),
                ("intro", models.TextField(blank=True)),
                ("button", models.CharField(default="Send", max_length=60)),
                ("thanks", models.TextField(default="Thank you. We will be in touch.")),
                ("consent_text", models.TextField(blank=True)),
                ("fields", models.JSONField(default=list)),
                ("touchpoint", models.CharField(default="form", max_length=20)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="forms",
                        to="leads.campaign",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Pool",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=120)),
                (
                    "mode",
                    models.CharField(
                        choices=[("turns", "Weighted turns"), ("open", "Any member takes it")],
                        default="turns",
                        max_length=8,
                    ),
                ),
                ("order", models.PositiveSmallIntegerField(default=0)),
                (
                    "countries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                (
                    "personas",
                    models.ManyToManyField(blank=True, related_name="+", to="personas.persona"),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pools",
                        to="accounts.team",
                    ),
                ),
            ],
            options={
                "ordering": ["order", "id"],
            },
        ),
        migrations.CreateModel(
            name="Lead",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.CharField(blank=True, max_length=254, null=True)),
                ("email_typed", models.CharField(blank=True, max_length=320)),
                ("phone", models.CharField(blank=True, max_length=20)),
                ("phone_typed", models.CharField(blank=True, max_length=60)),
                ("first_name", models.CharField(blank=True, max_length=100)),
                ("last_name", models.CharField(blank=True, max_length=100)),
                ("company", models.CharField(blank=True, max_length=200)),
                ("company_domain", models.CharField(blank=True, max_length=253)),
                ("job_title", models.CharField(blank=True, max_length=160)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("match_text", models.CharField(blank=True, max_length=420)),
                ("source", models.CharField(blank=True, max_length=60)),
                ("consent_text", models.TextField(blank=True)),
                ("consent_at", models.DateTimeField(blank=True, null=True)),
                ("extra", models.JSONField(blank=True, default=dict)),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("inquiry", "Inquiry"),
                            ("mql", "MQL"),
                            ("sal", "SAL"),
                            ("sql", "SQL"),
                            ("opportunity", "Opportunity"),
                            ("customer", "Customer"),
                            ("recycled", "Recycled"),
                            ("disqualified", "Disqualified"),
                        ],
                        default="inquiry",
                        max_length=16,
                    ),
                ),
                (
                    "aida",
                    models.CharField(
                        choices=[
                            ("awareness", "Awareness"),
                            ("interest", "Interest"),
                            ("desire", "Desire"),
                            ("action", "Action"),
                            ("loyalty", "Loyalty"),
                        ],
                        default="awareness",
                        max_length=16,
                    ),
                ),
                ("score", models.SmallIntegerField(default=0)),
                ("fit", models.SmallIntegerField(default=0)),
                ("engagement", models.SmallIntegerField(default=0)),
                ("score_reasons", models.JSONField(default=list)),
                ("score_version", models.PositiveIntegerField(default=0)),
                (
                    "tier",
                    models.CharField(
                        choices=[("hot", "Hot"), ("warm", "Warm"), ("cold", "Cold")],
                        default="cold",
                        max_length=8,
                    ),
                ),
                ("scored_at", models.DateTimeField(null=True)),
                ("handed_over_at", models.DateTimeField(blank=True, null=True)),
                ("respond_by", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("first_touchpoint_at", models.DateTimeField(null=True)),
                ("last_touchpoint_at", models.DateTimeField(null=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to="leads.campaign",
                    ),
                ),
                (
                    "captured_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "persona",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to="personas.persona",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to="accounts.team",
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="leads.pool",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Handoff",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cycle", models.PositiveSmallIntegerField(default=1)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("offered", "Offered"),
                            ("accepted", "Accepted"),
                            ("rejected", "Rejected"),
                            ("qualified", "Qualified"),
                            ("disqualified", "Disqualified"),
                            ("recycled", "Recycled"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="offered",
                        max_length=12,
                    ),
                ),
                ("handed_over_at", models.DateTimeField()),
                ("override_reason", models.CharField(blank=True, max_length=300)),
                ("receipt", models.JSONField(default=dict)),
                ("contract_version", models.PositiveIntegerField(null=True)),
                ("assigned_at", models.DateTimeField(null=True)),
                ("accepted_at", models.DateTimeField(null=True)),
                ("first_touch_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, max_length=24)),
                ("note", models.TextField(blank=True)),
                ("hops", models.PositiveSmallIntegerField(default=0)),
                (
                    "handed_over_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handed_over",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handoffs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="handoffs",
                        to="leads.lead",
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handoffs",
                        to="leads.pool",
                    ),
                ),
            ],
            options={
                "ordering": ["-handed_over_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("routed", "By turns"),
                            ("pooled", "Offered to a pool"),
                            ("nobody", "Nobody available"),
                            ("claimed", "Taken from the pool"),
                            ("manual", "By a manager"),
                            ("escalated", "By escalation"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("skipped", models.JSONField(default=list)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "rep",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "handoff",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="leads.handoff",
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.pool",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="PoolMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "weight",
                    models.PositiveSmallIntegerField(
                        default=1, validators=[django.core.validators.MinValueValidator(1)]
                    ),
                ),
                ("capacity", models.PositiveSmallIntegerField(default=50)),
                ("credit", models.IntegerField(default=0)),
                (
                    "pool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="leads.pool",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pool_places",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Return",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("returned_at", models.DateTimeField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("wrong_persona", "Wrong persona"),
                            ("not_ready", "Not ready to buy"),
                            ("bad_contact", "Contact details are wrong"),
                            ("duplicate", "Already being worked"),
                            ("out_of_region", "Outside our region"),
                            ("spam", "Not a real person"),
                            ("other", "Another reason"),
                        ],
                        max_length=24,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("accepted", "Agreed: back to nurture"),
                            ("fixed", "Fixed and sent again"),
                            ("disputed", "Disputed"),
                        ],
                        max_length=12,
                    ),
                ),
                ("answer_note", models.TextField(blank=True)),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "handoff",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="returned",
                        to="leads.handoff",
                    ),
                ),
                (
                    "returned_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["returned_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="Deal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "amount",
                    models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=12),
                ),
                ("currency", models.CharField(default="USD", max_length=3)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("won", "Won"), ("lost", "Lost")],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deals",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "handoff",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deals",
                        to="leads.handoff",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deals",
                        to="leads.lead",
                    ),
                ),
            ],
            options={
                "ordering": ["-opened_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("lead",),
                        name="one_open_deal_a_lead",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0)), name="deal_amount_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at", None), ("state", "open")),
                            models.Q(
                                models.Q(("state", "open"), _negated=True),
                                ("closed_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="deal_open_or_closed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Activity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("form", "Form filled in"),
                            ("page_view", "Page visited"),
                            ("download", "Download"),
                            ("email_click", "E-mail link clicked"),
                            ("event", "Came to an event"),
                            ("reply", "Reply"),
                            ("ad_click", "Ad clicked"),
                            ("imported", "Imported"),
                            ("entered", "Entered by hand"),
                            ("call", "Call"),
                            ("email", "E-mail"),
                            ("meeting", "Meeting"),
                            ("note", "Note"),
                            ("mql", "Became an MQL"),
                            ("handed_over", "Handed over to sales"),
                            ("reassigned", "Reassigned"),
                            ("accepted", "Accepted by sales"),
                            ("rejected", "Rejected by sales"),
                            ("return_answered", "Return answered by marketing"),
                            ("qualified", "Qualified"),
                            ("disqualified", "Disqualified"),
                            ("recycled", "Recycled to marketing"),
                            ("deal_opened", "Deal opened"),
                            ("won", "Deal won"),
                            ("lost", "Deal lost"),
                            ("edited", "Details changed"),
                        ],
                        max_length=20,
                    ),
                ),
                ("occurred_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "evidence",
                    models.CharField(
                        choices=[
                            ("system", "leadflow itself"),
                            ("machine", "Mail header, call log, webhook"),
                            ("typed", "Typed by a person"),
                        ],
                        default="system",
                        max_length=8,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("connected", "Connected"),
                            ("voicemail", "Left a voicemail"),
                            ("no_answer", "No answer"),
                            ("wrong_number", "Wrong number"),
                            ("sent", "Sent"),
                            ("replied", "They replied"),
                            ("held", "Held"),
                            ("no_show", "They did not come"),
                        ],
                        max_length=20,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("data", models.JSONField(default=dict)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activities",
                        to="leads.campaign",
                    ),
                ),
                (
                    "handoff",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="activities",
                        to="leads.handoff",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="activities",
                        to="leads.lead",
                    ),
                ),
            ],
            options={
                "ordering": ["occurred_at", "id"],
                "indexes": [
                    models.Index(fields=["lead", "occurred_at"], name="activity_timeline"),
                    models.Index(
                        condition=models.Q(("handoff__isnull", False)),
                        fields=["handoff", "kind"],
                        name="activity_by_handoff",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("phone", ""), _negated=True),
                fields=["phone"],
                name="lead_by_phone",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["team", "-created_at", "-id"], name="lead_newest"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["owner", "-created_at"], name="lead_by_owner"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["captured_by"], name="lead_by_capturer"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["campaign", "-created_at"], name="lead_by_campaign"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("handed_over_at", None), ("stage", "mql")),
                fields=["-score", "id"],
                name="lead_ready",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["match_text"], name="lead_match_trigrams", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.UniqueConstraint(fields=("email",), name="lead_email_once"),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("email__isnull", False),
                    models.Q(("phone", ""), _negated=True),
                    _connector="OR",
                ),
                name="lead_can_be_reached",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(("email", ""), _negated=True), name="lead_email_null_not_blank"
            ),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                condition=models.Q(("closed_at", None)),
                fields=["owner"],
                name="handoff_open_by_owner",
            ),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                condition=models.Q(("closed_at", None), ("owner", None)),
                fields=["pool"],
                name="handoff_open_in_pool",
            ),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(fields=["-handed_over_at"], name="handoff_newest"),
        ),
        migrations.AddConstraint(
            model_name="handoff",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)),
                fields=("lead",),
                name="one_open_handoff_a_lead",
            ),
        ),
        migrations.AddConstraint(
            model_name="handoff",
            constraint=models.UniqueConstraint(fields=("lead", "cycle"), name="handoff_cycle_once"),
        ),
        migrations.AddConstraint(
            model_name="handoff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at", None), ("state__in", ["offered", "accepted"])),
                    models.Q(
                        models.Q(("state__in", ["offered", "accepted"]), _negated=True),
                        ("closed_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="handoff_open_or_closed",
            ),
        ),
        migrations.AddConstraint(
            model_name="handoff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "accepted"), _negated=True),
                    models.Q(("accepted_at__isnull", False), ("owner__isnull", False)),
                    _connector="OR",
                ),
                name="handoff_accepted_has_owner",
            ),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(fields=["rep", "handoff"], name="assignment_by_rep"),
        ),
        migrations.AddConstraint(
            model_name="poolmember",
            constraint=models.UniqueConstraint(fields=("pool", "user"), name="pool_member_once"),
        ),
        migrations.AddConstraint(
            model_name="poolmember",
            constraint=models.CheckConstraint(
                condition=models.Q(("weight__gte", 1)), name="pool_weight_positive"
            ),
        ),
        migrations.AddIndex(
            model_name="return",
            index=models.Index(
                condition=models.Q(("answered_at", None)),
                fields=["returned_at"],
                name="return_waiting",
            ),
        ),
    ]
