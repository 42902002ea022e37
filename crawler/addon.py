"""What the archive's settings, `[archive]` in the sources file and TEARSHEET_*, mean for the crawl."""

from __future__ import annotations

import os
from pathlib import Path

from scrapy.settings import BaseSettings

from pipelines.config import Config
from pipelines.errors import ConfigError
from pipelines.sources import read_sources
from pipelines.store.rows import version


class Tearsheet:
    """The add-on. Scrapy's own ladder stays in force: settings.py and `-s` win over what is set here."""

    @classmethod
    def update_pre_crawler_settings(cls, settings: BaseSettings) -> None:
        """Fill in what follows from the archive's settings."""
        config = _config(Path(settings["TEARSHEET_SOURCES"]))
        values = {
            "USER_AGENT": user_agent(config.contact),
            "DOWNLOAD_DELAY": config.delay,
            "AUTOTHROTTLE_START_DELAY": config.delay,
            "DOWNLOAD_TIMEOUT": config.timeout,
            "TEARSHEET_BODY_LIMIT": config.body_limit,
            "TEARSHEET_PRIVATE_NETWORKS": list(config.allow_private_networks),
        }
        if not config.delay:
            # zero is said of a host of one's own: no throttle then, and as much at once as the machine bears
            values |= {"AUTOTHROTTLE_MAX_DELAY": 0.0}
        for name, value in values.items():
            settings.set(name, value, priority="addon")


def user_agent(contact: str) -> str:
    """How we call ourselves: name, version, and where we can be reached."""
    return f"Tearsheet/{version()}" + (f" (+{contact})" if contact else " (news archive)")


def _config(sources: Path) -> Config:
    """The settings in force; the defaults where the sources file is wrong, which the crawl itself then reports."""
    try:
        return read_sources(sources).config(os.environ)
    except ConfigError:
        return Config()
