"""One data set as other tools compute its loss."""
