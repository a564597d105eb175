"""Bytes before they mean anything: streams, compression, mapping, limits, and pickles refused."""
