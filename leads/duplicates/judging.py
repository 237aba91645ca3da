"""One record against many: the same chances as `Model.chance`, without working out hopeless ones.

What the record's values are worth is looked up once. Then each pair begins with the most that it
could reach, and is given up as soon as names, e-mail, phone or company bring that below the
threshold.
"""

from leads.duplicates.agreement import COMPARE, EXACT, LEVELS, PART, could_be_swapped
from leads.duplicates.evidence import ADDRESS, THRESHOLD, Model
from leads.duplicates.records import COMPANY, EMAIL, FIRST, LAST, PHONE, Texts

ORDER = (LAST, FIRST, EMAIL, PHONE, COMPANY)


class Against:
    """One record, ready to be held against others."""

    def __init__(self, model: Model, record: Texts) -> None:
        self._model, self._record = model, record
        most = model.odds_of(model.same_each)
        self._places = []
        for index in ADDRESS:
            if record[index]:
                exact, alike = self._exact(index), self._alike(index)
                self._places.append((index, record[index], max(1.0, exact), max(1.0, alike)))
                most *= max(1.0, exact, alike)
        self._address = most / model.odds_of(model.same_each)
        self._steps = []
        for index in ORDER:
            best = self._best(index) if record[index] else self._unsaid(index)
            most *= best
            if record[index]:
                one, two = model.one[index], model.two[index]
                table = [
                    self._exact(index) / best,
                    *(one[n] / two[n] / best for n in range(1, LEVELS)),
                ]
                step = (index, record[index], COMPARE[index], table, self._unsaid(index) / best)
                self._steps.append(step)
        self._most = most
        self._needed = THRESHOLD / (1 - THRESHOLD)

    def _best(self, index: int) -> float:
        """The most that this field can say for one person."""
        return max(1.0, self._exact(index), self._alike(index))

    def _exact(self, index: int) -> float:
        """What the very same value is worth."""
        return self._model.one[index][EXACT] / self._model.rarity(index, self._record[index])

    def _alike(self, index: int) -> float:
        """The most that anything less than the same value is worth."""
        one, two = self._model.one[index], self._model.two[index]
        return max(one[level] / two[level] for level in range(1, LEVELS))

    def _unsaid(self, index: int) -> float:
        """The same where one of the two lacks it: a name may still be in the other's address."""
        if index in (FIRST, LAST):
            return max(1.0, self._model.one[index][PART] / self._model.two[index][PART])
        return 1.0

    def chance(self, other: Texts) -> float:
        """The chance that both are one person; 0 for any below the threshold."""
        most, mine = self._most, self._record
        names_settled = not could_be_swapped(mine, other)
        for index, value, how, table, unsaid in self._steps:
            theirs = other[index]
            if theirs == value:
                most *= table[EXACT]
            elif not theirs:
                most *= unsaid
            elif names_settled or index > LAST:
                most *= table[how(value, theirs)]
            if most < self._needed:
                return 0.0
        most /= self._address
        for index, value, exact, alike in self._places:
            if theirs := other[index]:
                most *= exact if theirs == value else alike
        if most < self._needed:
            return 0.0
        score = self._model.chance(mine, other)
        return score if score >= THRESHOLD else 0.0
