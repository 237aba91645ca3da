"""Put back what something changed in `extra`, key by key: what somebody changed since stays."""

from collections.abc import Mapping
from typing import Any


def put_back(
    now: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """`extra` with the keys restored that are still as they were left, and the names of those that
    stay because they were changed since."""
    extra, stays = dict(now), []
    for name in {**before, **after}:
        if after.get(name) == before.get(name):
            continue
        if extra.get(name) != after.get(name):
            stays.append(name)
        elif name in before:
            extra[name] = before[name]
        else:
            del extra[name]
    return extra, stays
