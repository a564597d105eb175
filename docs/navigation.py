"""Lists the page of every command in the navigation, as the program has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_COMMANDS = "reference/commands"


def on_config(config: Any) -> Any:
    """Called by mkdocs when it has read its config file."""
    (reference,) = (part["Reference"] for part in config["nav"] if "Reference" in part)
    (commands,) = (part["Commands"] for part in reference if "Commands" in part)
    folder = Path(config["docs_dir"], _COMMANDS)
    commands += [f"{_COMMANDS}/{page.name}" for page in sorted(folder.glob("*.md")) if page.stem != "index"]
    return config
