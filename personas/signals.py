"""What `personas` announces: changes of an offer published, taken back, acknowledged.

Sent inside the transaction that wrote it, with `at` and `acknowledgements` (rows with `change`).
"""

from django.dispatch import Signal

change_published = Signal()
change_acknowledged = Signal()
change_taken_back = Signal()
