"""What `leads` announces. `sla` listens; `leads` does not know it."""

from django.dispatch import Signal

# Sent once a batch, inside the transaction that wrote the rows, with
# `activities`: list[Activity] (lead and handoff loaded) and `at`: the present instant.
activities_recorded = Signal()
