"""One temperature for all predictions, fitted by the exact mean loss, and what it changes."""
