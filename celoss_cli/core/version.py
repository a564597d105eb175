"""The version, where every room may ask for it: the package itself is above all rooms."""

__all__ = ["__version__"]

__version__ = "0.2.0"
