"""Sets the story's company up in a running leadflow: `python -m tests.story_company`.

The fixed cast, open day and night, with a contract whose deadlines are seconds for leads that
come from a trade fair: time is compressed by terms, which are data, and by nothing else.
Prints two API keys: one that may capture, and the sales manager's.
"""

import django

django.setup()

from django.db import transaction  # noqa: E402

from accounts.models import ApiKey  # noqa: E402
from leads.models import Campaign, CaptureForm  # noqa: E402
from sla.models import Term  # noqa: E402
from tests.factories import LONG_AGO, make_cast, make_contract  # noqa: E402

ALWAYS = {str(day): [["00:00", "24:00"]] for day in range(7)}


def main() -> None:
    with transaction.atomic():
        cast = make_cast(weekly=ALWAYS)
        CaptureForm.objects.create(
            slug="maintenance-guide", name="Maintenance guide", campaign=cast.campaign,
            owner=cast.maya, headline="How to look after a hot tub", button="Send me the guide",
            fields=["first_name", "last_name", "company", "job_title", "country"],
            consent_text="You may write to me about hot tubs.", touchpoint="download",
        )  # fmt: skip
        Campaign.objects.create(slug="trade-fair", name="Trade fair", team=cast.marketing)
        fair = make_contract(version=2, in_force_from=LONG_AGO.replace(year=2021))
        Term.objects.create(
            contract=fair, key="accept_fair", measure="accept", name="Accept (trade fair)",
            side="sales", order=0, sources=["trade-fair"], starts_on="handed_over",
            stops_on=["accepted", "rejected"], target_seconds=4, per_owner=True,
            steps=[{"action": "warn", "share": 0.5}, {"action": "breach"},
                   {"action": "tell_manager", "after": 1}, {"action": "reassign", "after": 2}],
        )  # fmt: skip
        Term.objects.filter(contract=fair).exclude(key="accept_fair").update(order=5)
        Term.objects.filter(contract=fair, key__endswith="_hot").update(order=4)
        keys = [
            ApiKey.objects.issue(cast.maya, scope="capture")[1],
            ApiKey.objects.issue(cast.dana, scope="full")[1],
        ]
    print(*keys)


if __name__ == "__main__":
    main()
