"""Mistakes in the data or in the choice of the loss."""
