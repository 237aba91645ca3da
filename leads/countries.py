"""Names of countries, in English and as people write them in their own languages."""

from functools import cache

import phonenumbers


@cache
def names() -> dict[str, str]:
    """English names by ISO 3166-1 alpha-2 code, in the order of the names."""
    found = {code: _name(code, "en") for code in phonenumbers.SUPPORTED_REGIONS}
    return dict(sorted(((c, n) for c, n in found.items() if n), key=lambda pair: pair[1]))


@cache
def codes() -> dict[str, str]:
    """Codes by name without case, in every language the data knows; English wins a clash."""
    data = _data()
    found = {
        word.casefold(): code
        for code in names()
        for word in data[code].values()
        if not word.startswith("*")
    }
    return found | {name.casefold(): code for code, name in names().items()}


def _data() -> dict[str, dict[str, str]]:
    # Large, so loaded by the first who asks: phonenumbers brings every country's names along.
    from phonenumbers.geodata.locale import LOCALE_DATA

    return LOCALE_DATA


def _name(code: str, language: str) -> str:
    names = _data().get(code, {})
    word = names.get(language, "")
    # "*de" refers to another language's word for it.
    return names.get(word[1:], "") if word.startswith("*") else word
