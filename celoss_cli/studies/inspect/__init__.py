"""What is in a file: its columns, their roles, and the commands that read it."""
