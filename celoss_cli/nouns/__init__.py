"""What commands find and formats show: values that know nothing of where they came from.

One module for each noun, so that a command loads its own ones only.
"""
