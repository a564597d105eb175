"""``python -m celoss_cli`` is ``celoss``."""

from celoss_cli.start import main

main()
