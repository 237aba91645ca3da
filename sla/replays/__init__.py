"""The past under another agreement: drafts, clocks run again, what would have differed."""
