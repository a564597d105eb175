"""Marks the Chinese pages as such for browsers and screen readers, and keeps headings in addresses."""

from __future__ import annotations

from typing import Any

from markdown.extensions.toc import slugify_unicode


def on_config(config: Any) -> Any:
    """Called by mkdocs when it has read its config file."""
    config["mdx_configs"].setdefault("toc", {})["slugify"] = slugify_unicode
    return config


def on_page_context(context: Any, *, page: Any, config: Any, **_: Any) -> Any:
    """Called by mkdocs before it renders a page: the theme's own words are in the language of the page."""
    config["theme"]["language"] = "zh" if page.file.src_uri.startswith("zh/") else "en"
    return context
