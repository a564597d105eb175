"""The commands beyond the losses, one module or folder each."""
