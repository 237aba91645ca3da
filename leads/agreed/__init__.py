"""What both sides agree on, held against the leads: forms, words, and what a change would do."""
