"""Two data sets, row by row."""
