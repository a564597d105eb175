"""Which column is what, and from columns to batches."""
