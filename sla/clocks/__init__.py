"""One clock and what happens to it: start, stop, pause, claim, move; and the record it follows."""
