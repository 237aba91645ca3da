"""The demo company: believable, deterministic, and kept by the same rules as any other."""

from datetime import UTC, datetime

import pytest

from accounts.models import Role, User
from leadflow.demo import loading
from sla.agreement import in_force

NOW = datetime(2027, 3, 17, 15, 20, tzinfo=UTC)


@pytest.mark.django_db
def test_the_demo_people_have_the_roles_that_the_readme_names():
    loading.load(at=NOW, leads=0)
    roles = {name: User.objects.get(email=f"{name}@demo.test") for name in
             ("maya", "sam", "mona", "dana", "admin")}  # fmt: skip
    assert {name: user.role for name, user in roles.items()} == {
        "maya": Role.MARKETER,
        "sam": Role.SALES_REP,
        "mona": Role.MARKETING_MANAGER,
        "dana": Role.SALES_MANAGER,
        "admin": Role.ADMIN,
    }
    assert all(user.check_password("demo-leadflow") for user in User.objects.all())
    contract = in_force(NOW)
    assert contract is not None
    assert contract.version == 2
