"""Frameworks that are known in the field, to begin with: once taken over they are one's own."""

from typing import Any

Question = dict[str, Any]


def _asks(**questions: tuple[str, str, int]) -> list[Question]:
    return [
        {"key": key, "label": label, "help": find_out, "weight": weight}
        for key, (label, find_out, weight) in questions.items()
    ]


SHIPPED: dict[str, dict[str, Any]] = {
    "bant": {
        "name": "BANT",
        "about": "Budget, authority, need, timeline: quick, for a purchase with one decision.",
        "questions": _asks(
            budget=("Budget", "What is set aside, and by whom?", 3),
            authority=("Authority", "Do we speak with who decides?", 2),
            need=("Need", "What is wrong today, and what does it cost them?", 3),
            timeline=("Timeline", "By when do they want it, and why then?", 2),
        ),
    },
    "meddic": {
        "name": "MEDDIC",
        "about": "For large purchases that several people decide.",
        "questions": _asks(
            metrics=("Metrics", "Which figure gets better, by how much?", 2),
            economic_buyer=("Economic buyer", "Who releases the money, and have we met?", 3),
            decision_criteria=("Decision criteria", "By what do they compare?", 2),
            decision_process=("Decision process", "Who signs what, in which order, by when?", 2),
            pain=("Identified pain", "What happens if they do nothing?", 3),
            champion=("Champion", "Who wants it for themselves, and speaks for us?", 3),
        ),
    },
    "neat": {
        "name": "N.E.A.T.",
        "about": "Core needs, economic impact, access to authority, timeline.",
        "questions": _asks(
            needs=("Core needs", "What do they need, beyond what they ask for?", 3),
            impact=("Economic impact", "What does it cost now, what would it bring?", 3),
            access=("Access to authority", "Who can take us to who decides?", 2),
            timeline=("Timeline", "Which day forces them to decide?", 2),
        ),
    },
    "champ": {
        "name": "CHAMP",
        "about": "Challenges first, then authority, money and how urgent it is.",
        "questions": _asks(
            challenges=("Challenges", "Which of their problems do we solve?", 3),
            authority=("Authority", "Who decides, and who has a say?", 2),
            money=("Money", "Is there a budget, or a way to one?", 2),
            priority=("Priority", "What comes before this, and why?", 2),
        ),
    },
}
