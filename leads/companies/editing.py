"""Change what is known of a company, and whose it is; said in the audit trail, values left out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.models import User
from accounts.refusals import Conflict, NotAllowed, Refused
from leads import custom_fields, intake, normalise
from leads.companies import linking
from leads.duplicates.records import company as key_of_name
from leads.editing import EXTRA
from leads.models import Company, CustomField
from leads.models.company import OWNERS_CHOSEN_BY

LIMITS = {"name": 200, "domain": 300, "country": 60, "industry": 80, "size": 20}
LONGEST_NOTE = 10_000
EDITABLE = (*LIMITS, "note")


def change(company: Company, values: Mapping[str, Any], *, by: User, at: datetime) -> list[str]:
    """Change the given facts (EDITABLE, and `extra.<name>`; None takes that away); returns the
    names of those that changed.

    Raises Refused naming each wrong field, Conflict when another company is known by that.
    """
    unknown = {n for n in values if n not in EDITABLE and not n.startswith(EXTRA)}
    if unknown:
        said = f"{', '.join(sorted(unknown))} can't be changed; these can: {', '.join(EDITABLE)}."
        raise Refused(said, fields=dict.fromkeys(unknown, "This can't be changed here."))
    cleaned = _read({name: values[name] for name in values if not name.startswith(EXTRA)})
    try:
        with transaction.atomic():
            now = _locked(company)
            changed = _write(now, cleaned, {n: v for n, v in values.items() if n not in cleaned})
            if changed:
                now.updated_at = at
                now.save()
                audit.record("company_changed", now, by=by, at=at, facts={"fields": changed})
                if "domain" in changed and now.domain:
                    linking.adopt(now)
    except IntegrityError as error:
        raise _known_already(error, {**vars(company), **cleaned}, by) from None
    company.refresh_from_db()
    return changed


def _locked(company: Company) -> Company:
    now = Company.objects.select_for_update(of=("self",)).filter(pk=company.pk).first()
    if now is None:
        raise Conflict(f"{company} was merged with another company meanwhile.", code="merged")
    return now


def _read(values: Mapping[str, Any]) -> dict[str, str]:
    """The values as they are kept. Raises Refused naming each wrong one."""
    found, refused = dict[str, str](), dict[str, str]()
    for name, value in values.items():
        try:
            found[name] = _value(name, value)
        except ValueError as error:
            refused[name] = normalise.sentence(error)
    if refused:
        raise Refused(" ".join(refused.values()), code="invalid", fields=refused)
    return found


def _value(name: str, value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise ValueError("must be a text")
    if name == "note":
        words = (value or "").replace("\x00", "").strip()
        if len(words) > LONGEST_NOTE:
            raise ValueError(f"is {len(words):,} characters long; at most {LONGEST_NOTE:,} fit")
        return words
    text = normalise.text(value or "", limit=LIMITS[name])
    if name == "name" and not key_of_name(text):
        raise ValueError("must be a name, with letters or digits in it")
    if name == "country" and text:
        return normalise.country(text)
    if name == "size" and text not in ("", *Company.Size.values):
        raise ValueError(f"must be one of {', '.join(Company.Size.values)}")
    return _domain(text) if name == "domain" else text


def _domain(typed: str) -> str:
    """The domain of an address or a website as typed. Raises ValueError for what can be none."""
    host = normalise.company_domain(None, typed)
    if not host:
        return ""
    try:
        domain = normalise.email(f"a@{host}").rpartition("@")[2]
    except ValueError:
        raise ValueError(f"“{typed[:60]}” is not a domain; write it as example.com") from None
    if normalise.is_public(domain):
        raise ValueError(f"“{domain}” is where anybody may be found; it tells nothing of a company")
    return domain


def _write(company: Company, cleaned: Mapping[str, str], own: Mapping[str, Any]) -> list[str]:
    changed = [name for name, value in cleaned.items() if getattr(company, name) != value]
    for name in changed:
        setattr(company, name, cleaned[name])
    company.name_key = key_of_name(company.name)
    typed = {name.removeprefix(EXTRA): value for name, value in own.items()}
    fields = custom_fields.by_name(CustomField.About.COMPANY) if typed else {}
    read, refused = intake.read_extra(typed, fields, standing=company.extra)
    if refused:
        raise Refused(" ".join(refused.values()), code="invalid", fields=refused)
    kept = {name: value for name, value in company.extra.items() if name not in typed}
    extra = kept | {name: value for name, value in read.items() if value != ""}
    changed += [f"{EXTRA}{n}" for n in typed if extra.get(n) != company.extra.get(n)]
    company.extra = extra
    return changed


def _known_already(error: IntegrityError, facts: Mapping[str, Any], by: User) -> Exception:
    """Another company has this domain, or this name and country; by name for who may see it."""
    field = "domain" if "company_domain_once" in str(error) else "name"
    if field == "name" and "company_name_once" not in str(error):
        return error
    same = {"domain": facts["domain"]} if field == "domain" else {
        "name_key": key_of_name(facts["name"]), "country": facts["country"], "domain": "",
    }  # fmt: skip
    other = Company.everything.select_related("merged_into").filter(**same).first()
    other = other.merged_into or other if other else None
    seen = other is not None and Company.objects.visible_to(by).filter(pk=other.pk).exists()
    who = f"“{other}”" if seen else "another company"
    said = f"“{facts[field]}” is what {who} is known by; merge the two if they are one."
    return Conflict(said, code=f"{field}_taken", fields={field: said})


def change_and_give(
    company: Company, values: Mapping[str, Any], owner: User | None, *, by: User, at: datetime
) -> None:
    """Both or neither; raises what the two raise."""
    with transaction.atomic():
        change(company, values, by=by, at=at)
        if (owner.pk if owner else None) != company.owner_id:
            give(company, owner, by=by, at=at)


def give(company: Company, owner: User | None, *, by: User, at: datetime) -> bool:
    """Say whose the company is; False when it was so already. Raises NotAllowed for who is not a
    manager of sales, or an owner who is not in sales."""
    if by.role not in OWNERS_CHOSEN_BY:
        raise NotAllowed("Whose a company is, managers of sales say.")
    if owner is not None and not (owner.is_sales and owner.is_active):
        said = f"{owner} is not in sales."
        raise NotAllowed(said, fields={"owner": "Choose somebody in sales."})
    with transaction.atomic():
        now = _locked(company)
        if now.owner_id == (owner.pk if owner else None):
            return False
        facts = {"from": now.owner.email if now.owner else None,
                 "to": owner.email if owner else None}  # fmt: skip
        now.owner, now.updated_at = owner, at
        now.save(update_fields=["owner", "updated_at"])
        audit.record("company_owner_changed", now, by=by, at=at, facts=facts)
    company.refresh_from_db()
    return True
