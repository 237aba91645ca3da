"""The chance that a lead becomes a customer, learned from what became of earlier ones.

scikit-learn is imported by who trains or foresees, in a process of its own (`manage.py predict`),
never by the web or the workers: there only `history`, `due` and the tables are read.
"""

# What a model needs before its chances say anything: rows, and of either outcome.
ENOUGH_ROWS = 200
ENOUGH_OF_EACH = 20
