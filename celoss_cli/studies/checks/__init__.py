"""A run of the checks of a config file, as ``celoss check`` makes it."""
