"""What `leads` announces. `sla` listens; `leads` does not know it."""

from django.dispatch import Signal

# Sent once a batch, inside the transaction that wrote the rows, with
# `activities`: list[Activity] (lead and handoff loaded), `at`: the present instant, and
# `stamp`: the configuration stamp if the sender has read it, else None.
activities_recorded = Signal()

# Sent in the transaction that took back a logged touch (leads.unlogging), whose row is gone, with
# `lead`, `handoff`: the open one or None, and `at`: the present instant.
touch_taken_back = Signal()

# Sent in the transaction that erases leads (leads.erasing), with `leads`: the numbers of those of
# whom handoffs stay, for the figures.
leads_erased = Signal()
