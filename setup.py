"""For scrapyd-deploy, which builds its egg with this file. All there is to say stands in pyproject.toml."""

from setuptools import setup

setup()
