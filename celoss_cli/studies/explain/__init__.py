"""Losses and findings in words."""
