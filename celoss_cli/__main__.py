"""``python -m celoss_cli`` is ``celoss``."""

from celoss_cli.cli.main import main

main()
