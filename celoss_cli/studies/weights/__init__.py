"""Class weights from the targets."""
