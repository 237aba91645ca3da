"""What tests of the agreement share."""

import pytest
from django.core.cache import cache


@pytest.fixture
def no_wrong_passwords():
    """Nobody has mistyped a password yet: what other tests typed locks nobody out."""
    cache.clear()
