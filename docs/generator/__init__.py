"""Writes what the documentation can take from the program itself, and runs the commands that it shows."""
