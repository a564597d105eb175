"""A page to play with cross entropy: its text, style and script, and what it starts with."""
