"""The chance that a lead becomes a customer, learned from what became of earlier ones.

Only this wing imports scikit-learn, and only inside the process that trains.
"""
