"""A made-up file of people with known duplicates: households, colleagues, slips, gaps."""

import random
from itertools import combinations

from leads.duplicates.records import Records, texts

NAMES = (
    "Anna Berta Carla Dora Elsa Frida Gerda Hanna Ida Julia Klara Lena Maria Nora Olga Paula Rosa "
    "Sofia Tilda Ursula Viola Wanda Adam Bruno Carl David Emil Franz Georg Hugo Ivan Jakob Karl "
    "Leo Max Noah Oskar Peter Robert Simon Thomas Urban Viktor Willem"
)
PARTS = "ba ke li mo nu ra se ti vo zu stein berg hof mann ler wick ton ford"
ROADS = "Harbour Mill Station Church Garden River Castle Meadow Market Forest"
TOWNS = "Northwick Easton Southam Westley Midford Oldbury Newport Highcliff"
FIRST, SYLLABLES, STREETS, CITIES = (words.split() for words in (NAMES, PARTS, ROADS, TOWNS))
SEED = 7


def word(dice: random.Random, parts: int) -> str:
    return "".join(dice.choice(SYLLABLES) for _ in range(parts)).title()


def slip(dice: random.Random, text: str) -> str:
    """One typing error."""
    if len(text) < 3:
        return text
    at = dice.randrange(len(text) - 1)
    kind = dice.randrange(3)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + dice.choice("aeinrst") + text[at + 1 :]


def person(dice: random.Random) -> dict[str, str]:
    first, last, company = dice.choice(FIRST), word(dice, 2), word(dice, 2)
    return {
        "first": first,
        "last": last,
        "company": f"{company} Ltd",
        "email": f"{first}.{last}@{company}.example".lower(),
        "phone": f"+49 {dice.randrange(10**8, 10**9)}",
        "street": f"{dice.randrange(1, 200)} {dice.choice(STREETS)} Street",
        "city": dice.choice(CITIES),
    }


def again(dice: random.Random, row: dict[str, str]) -> dict[str, str]:
    """The same person, typed another time."""
    other = dict(row)
    for name in dice.sample(sorted(other), 2):
        other[name] = slip(dice, other[name])
    for name in dice.sample(sorted(other), 2):
        other[name] = ""
    if dice.random() < 0.1:
        other["first"], other["last"] = other["last"], other["first"]
    return other


def housemate(dice: random.Random, row: dict[str, str]) -> dict[str, str]:
    first = dice.choice([name for name in FIRST if name != row["first"]])
    kept = {name: row[name] for name in ("last", "phone", "street", "city")}
    return {**person(dice), **kept, "first": first, "company": ""}


def colleague(dice: random.Random, row: dict[str, str]) -> dict[str, str]:
    kept = {name: row[name] for name in ("company", "phone", "street", "city")}
    other = {**person(dice), **kept}
    host = row["email"].partition("@")[2]
    return {**other, "email": f"{other['first']}.{other['last']}@{host}".lower()}


def rows(people: int) -> tuple[list[dict[str, str]], set[tuple[int, int]]]:
    """So many people, a fifth of them twice or more often, and the pairs that are one person."""
    dice = random.Random(SEED)
    found: list[tuple[int, dict[str, str]]] = []
    for number in range(people):
        row = person(dice)
        found.append((number, row))
        fate = dice.random()
        if fate < 0.2:
            found += [(number, again(dice, row)) for _ in range(dice.choice((1, 1, 2)))]
        elif fate < 0.3:
            found.append((people + number, housemate(dice, row)))
        elif fate < 0.4:
            found.append((2 * people + number, colleague(dice, row)))
    dice.shuffle(found)
    of: dict[int, list[int]] = {}
    for place, (who, _) in enumerate(found):
        of.setdefault(who, []).append(place)
    truth = {pair for places in of.values() for pair in combinations(places, 2)}
    return [row for _, row in found], truth


def records(people: int) -> tuple[Records, set[tuple[int, int]]]:
    found, truth = rows(people)
    return Records(map(texts, found)), truth


def f1(found: set[tuple[int, int]], truth: set[tuple[int, int]]) -> float:
    """The harmonic mean of how many pairs are right and how many of the right ones are found."""
    return 2 * len(found & truth) / (len(found) + len(truth))
