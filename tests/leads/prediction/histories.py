"""Made-up histories of leads whose true chances are known."""

import numpy as np

SEED = 7
TITLES = {"Director": 1.2, "Manager": 0.4, "Assistant": -0.8, "Student": -2.0}
SOURCES = {"event": 0.8, "search": 0.1, "social": -0.7}


def leads(count, *, seed=SEED, shift=0.0):
    """Rows as texts, their true chances, and what became of them."""
    rng = np.random.default_rng(seed)
    rows, chances = [], []
    for number in range(count):
        title, source = rng.choice(list(TITLES)), rng.choice(list(SOURCES))
        visits = int(rng.poisson(4))
        day = np.datetime64("2025-01-01") + int(number * 700 / count)
        odds = -2 + shift + TITLES[title] + SOURCES[source] + 0.35 * min(visits, 8)
        chances.append(1 / (1 + np.exp(-odds)))
        rows.append({
            "id": f"L{number:05d}", "title": title, "source": source if number % 9 else "",
            "visits": str(visits), "came": str(day), "country": "US",
        })  # fmt: skip
    chances = np.array(chances)
    return rows, chances, rng.random(count) < chances


NAMES = ("id", "title", "source", "visits", "came", "country")
