"""What comes next with a lead, for the person looking at it: one sentence and what they can do.

Pure: state and rights in, words and names of deeds out; pages and tests read the same answer.
"""

from dataclasses import dataclass, field

from accounts.words import money_words
from leads.models import Deal, Handoff, Lead, Return, Stage
from leads.sourcing import rests

LOGGING = ("call", "email", "meeting", "note")


@dataclass(frozen=True, slots=True)
class Rights:
    """What this person may do with this lead."""

    may_work: bool = False
    may_assign: bool = False
    may_edit: bool = False
    may_hand_over: bool = False
    may_answer: bool = False
    may_take_up: bool = False
    may_rule: bool = False


@dataclass(frozen=True, slots=True)
class NextStep:
    """The sentence on top of the page; the first deed is the main one."""

    title: str
    hint: str = ""
    deeds: tuple[str, ...] = ()
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """Where a lead stands."""

    lead: Lead
    handoff: Handoff | None = None
    deal: Deal | None = None
    returned: Return | None = None
    missing: list[str] = field(default_factory=list)
    mine: bool = False
    # Whether whoever looks is who handed it over.
    given: bool = False

    @property
    def rests(self) -> bool:
        """Whether sales found it and nobody has it now."""
        return rests(self.lead)


def next_step(state: State, rights: Rights) -> NextStep:
    """What this person can do now."""
    if state.handoff is not None and state.handoff.is_open:
        if state.handoff.state == Handoff.State.OFFERED:
            return _offered(state, state.handoff, rights)
        return _accepted(state, state.handoff, rights)
    if state.deal is not None:
        return _dealing(state, state.deal, rights)
    if state.lead.stage == Stage.SQL:
        return _qualified(rights)
    if state.returned is not None:
        return _returned(state.returned, rights)
    return _with_marketing(state, rights)


def _offered(state: State, handoff: Handoff, rights: Rights) -> NextStep:
    owner, back = handoff.owner, _back(handoff)
    if not rights.may_work:
        waiting = f"Waiting for {owner} to accept" if owner else "Waiting for somebody in sales"
        if state.given and rights.may_hand_over:
            hint = "As long as nobody in sales has acted on it, you can take it back."
            return NextStep(waiting, hint, ("take_back", *_note(rights)))
        return NextStep(waiting, "Sales has it and has not answered yet.", _note(rights))
    # Whoever can't give it to somebody sees it because their pool was asked.
    asked = handoff.pool is not None and (handoff.pool.mode == "open" or not rights.may_assign)
    if owner is None and asked:
        hint = f"Offered to everybody in {handoff.pool}: the first to accept has it."
        return NextStep("Take this lead?", hint, ("accept", *back), _assign(rights))
    if owner is None:
        hint = "Its clocks are running: give it to somebody in sales."
        return NextStep("Nobody has this lead", hint, ("assign", "accept", *back))
    if not state.mine:
        hint = "You can give it to another rep, or accept it in their place."
        return NextStep(
            f"Waiting for {owner} to accept", hint, ("assign", "accept", *back), ("note",)
        )
    said = "Accept it to start working, or send it back to marketing with a reason."
    if handoff.is_own:
        said = "A colleague found it, and it is yours now: accept it to start working."
    return NextStep(
        "Accept this lead?", said, ("accept", *back), ("call", "note", *_assign(rights))
    )


def _accepted(state: State, handoff: Handoff, rights: Rights) -> NextStep:
    if not rights.may_work:
        return NextStep(f"{handoff.owner} is working on it", "", _note(rights))
    own = handoff.is_own and state.mine and rights.may_hand_over
    aside = ("disqualify", "recycle", *_back(handoff), *_assign(rights))
    aside += ("hand_over",) if own else ()
    if handoff.first_touch_at is None:
        whose = "" if state.mine else f" {handoff.owner} has it."
        return NextStep(
            "Make the first contact",
            f"A call, e-mail or meeting counts; a note does not.{whose}",
            ("call", "email", "meeting", "note"),
            ("qualify", *aside),
        )
    return NextStep(
        "Is it qualified?",
        "Qualify it when it is worth a deal; otherwise say why not.",
        ("qualify", "call", "email", "meeting", "note"),
        aside,
    )


def _qualified(rights: Rights) -> NextStep:
    if not rights.may_work:
        return NextStep("Qualified by sales", "A deal comes next.", _note(rights))
    hint = "It is qualified. Put a figure on what they may buy."
    return NextStep("Open a deal", hint, ("deal", *LOGGING))


def _dealing(state: State, deal: Deal, rights: Rights) -> NextStep:
    what = f"{deal.name}, {money_words(deal.amount, deal.currency)}"
    if deal.state == Deal.State.OPEN and deal.lead_id != state.lead.pk:
        hint = f"{what}: one of its contacts. {deal.owner} closes it with {deal.lead.name}."
        return NextStep("On a deal", hint, LOGGING if rights.may_work else _note(rights))
    if deal.state == Deal.State.OPEN:
        if not rights.may_work:
            return NextStep(f"{deal.owner} is working on a deal", f"{what}.", _note(rights))
        return NextStep("Close the deal", f"{what}. Was it won or lost?", ("won", "lost", *LOGGING))
    ended = f"{what}. {deal.reason}"
    if deal.state == Deal.State.WON:
        return NextStep("Customer", ended, LOGGING if rights.may_work else _note(rights))
    deeds = ("hand_over",) if rights.may_hand_over else ()
    return NextStep("Deal lost", ended, (*deeds, *_note(rights)))


def _returned(returned: Return, rights: Rights) -> NextStep:
    said = f"{returned.returned_by}: {returned.get_reason_display().lower()}"
    said += f". “{returned.note}”" if returned.note else "."
    if returned.is_disputed:
        said += f" {returned.answered_by}: “{returned.answer_note}”"
        title = "Disputed: rule on it" if rights.may_rule else "Disputed: the managers will rule"
        return NextStep(title, said, ("rule", *_note(rights)))
    if not rights.may_answer:
        return NextStep("Sent back to marketing", said, _note(rights))
    return NextStep("Answer sales", said, ("answer", "note"), ("edit",) if rights.may_edit else ())


def _with_marketing(state: State, rights: Rights) -> NextStep:
    stage = state.lead.stage
    if stage == Stage.DISQUALIFIED:
        return NextStep("Disqualified", "Sales will not pursue it.", _note(rights))
    if state.rests and rights.may_take_up:
        hint = "Sales found it and nobody has it now. Take it up when the time has come."
        return NextStep("Resting", hint, ("take_up", "note"), ("hand_over", "edit"))
    if not rights.may_hand_over:
        return NextStep("With marketing", "It has not been handed over.", _note(rights))
    if state.missing:
        gaps = "; ".join(state.missing)
        title = "Back in nurture" if stage == Stage.RECYCLED else "Not an MQL yet"
        return NextStep(title, f"What is missing: {gaps}.", ("hand_over", "edit", "note"))
    return NextStep("Ready to hand over", "It meets the agreed definition.", ("hand_over", "note"))


def _back(handoff: Handoff) -> tuple[str, ...]:
    """What sales found itself came from nobody it could go back to."""
    return () if handoff.is_own else ("reject",)


def _note(rights: Rights) -> tuple[str, ...]:
    return ("note",) if rights.may_edit or rights.may_work else ()


def _assign(rights: Rights) -> tuple[str, ...]:
    return ("assign",) if rights.may_assign else ()
