"""From an evaluation to a report."""
