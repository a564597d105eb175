"""Partial results: the exact totals of a part of the data, as a file that can be added to others.

A shard writes one with ``--emit-partial``, ``celoss merge`` adds any number of them. The totals are
integers, so the sum has the same bits as one run over everything, in whatever order they are added.
"""
