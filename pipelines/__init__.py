"""From bytes to archive: pure stages, one writer, plain SQL. Knows nothing of Scrapy."""
