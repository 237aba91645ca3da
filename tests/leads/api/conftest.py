"""Programs that speak to the API."""

import pytest


@pytest.fixture
def program():
    from tests.leads.api.program import Program  # models load only after Django is set up

    return Program
