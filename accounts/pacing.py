"""How often somebody may do something: counted in Redis, which may be flushed at any moment."""

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


def over_limit(what: str, who: object, *, most: int, seconds: int) -> bool:
    """Count one time more; were these too many within the time? Without Redis: never."""
    key = f"{what}:{who}"
    try:
        cache.add(key, 0, timeout=seconds)
        return bool(cache.incr(key) > most)
    except (RedisError, ValueError) as error:
        log.warning("limit_not_counted", what=what, error=str(error))
        return False
