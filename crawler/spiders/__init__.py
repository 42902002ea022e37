"""The spiders: `news` does all, the others a part of it."""
