"""The commands beyond the losses, one folder each."""
