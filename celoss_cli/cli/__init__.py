"""The command line: the only part of celoss that prints or exits."""
