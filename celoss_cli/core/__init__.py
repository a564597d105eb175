"""What travels through the program: batches, terms, exact totals, and what it is made of."""
