"""What independent draws say of a mean: how they spread, and an interval that holds its level."""
