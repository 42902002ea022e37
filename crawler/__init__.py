"""The room that knows Scrapy: finds addresses, fetches them, hands captures on."""
