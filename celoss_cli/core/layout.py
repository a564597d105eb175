"""How numbers lie in memory: read in the order in which they are computed, they are never copied."""

__all__ = ["ROW_MAJOR_FROM"]

ROW_MAJOR_FROM = 64
"""From this many classes on, the numbers of a row lie together; fewer lie class by class.

A reduction along the classes runs along the longer side then, which is the faster one.
"""
