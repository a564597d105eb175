"""Typed columns: Parquet and Arrow files."""
