"""Companies: who works where, whose they are, what is known of them."""
