"""How the crawl behaves, as Scrapy's settings. What the archive's own settings decide is filled in by the add-on."""

from __future__ import annotations

import os

BOT_NAME = "tearsheet"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
COMMANDS_MODULE = "crawler.commands"  # `scrapy crawl` with an exit code that tells
ADDONS = {"crawler.addon.Tearsheet": 100}

# Where things are. `-s NAME=…` wins over the environment.
TEARSHEET_DB = os.environ.get("TEARSHEET_DB", "archive.db")
TEARSHEET_SOURCES = os.environ.get("TEARSHEET_SOURCES", "sources.toml")
TEARSHEET_QUIET = False  # no table at the end
TEARSHEET_SITEMAP_ENTRIES = 1000  # most entries taken from a source's archive sitemaps in one crawl, newest first

# What a page passes through.
ITEM_PIPELINES = {
    "pipelines.live.KeepRaw": 100,
    "pipelines.live.Process": 300,
    "pipelines.live.Store": 800,
}
EXTENSIONS = {"crawler.extensions.Ending": 0}
DOWNLOADER_MIDDLEWARES = {
    "crawler.middlewares.guard.GuardMiddleware": 50,
    "crawler.middlewares.patience.PatienceMiddleware": 75,
    "crawler.middlewares.robots.RobotsMiddleware": 100,
    "crawler.middlewares.render.RenderMiddleware": 580,  # only where a source asks for it
    "crawler.middlewares.bodies.BodyMiddleware": 590,
    "crawler.middlewares.circle.CircleMiddleware": 602,  # before Scrapy's redirects (600)
    "crawler.middlewares.crowd.CrowdMiddleware": 605,  # a redirect is a body that came, too
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
}

SPIDER_MIDDLEWARES = {  # they would look at every page for nothing
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,  # every answer is evidence
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}

# What may be fetched, and from where.
DOWNLOAD_HANDLERS = {"file": None, "data": None, "ftp": None, "s3": None}
TWISTED_DNS_RESOLVER = "crawler.middlewares.guard.GuardedResolver"
DNS_TIMEOUT = 10
REACTOR_THREADPOOL_MAXSIZE = 50  # names that are asked for at once; some name servers never answer
DOWNLOAD_VERIFY_CERTIFICATES = True
REDIRECT_MAX_TIMES = 5
METAREFRESH_ENABLED = False
COOKIES_ENABLED = False
#: No language: an outlet that has several editions shows its own, where Scrapy would ask for the English one.
DEFAULT_REQUEST_HEADERS = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
REFERRER_POLICY = "same-origin"
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False  # it would open a port and run what it is sent

# Manners.
ROBOTSTXT_OBEY = True
AUTOTHROTTLE_ENABLED = True
DOWNLOAD_DELAY_JITTER = 0.25
CONCURRENT_REQUESTS = 128  # over all hosts; those that wait for their host's delay count too
CONCURRENT_REQUESTS_PER_DOMAIN = 8
SCHEDULER_PRIORITY_QUEUE = "crawler.fairness.FairQueue"
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
RETRY_TIMES = 1  # at once; after that the frontier tries again in a later crawl
RETRY_HTTP_CODES = [408, 500, 502, 504, 522, 524]  # 429 and 503 ask us to wait
RETRY_EXCEPTIONS = [
    "scrapy.exceptions.DownloadFailedError",
    "scrapy.exceptions.ResponseDataLossError",
    "twisted.internet.error.ConnectionDone",
    "twisted.internet.error.ConnectionLost",
]
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"  # the archive remembers what failed

# Bodies: the middleware cuts them off and says so, where Scrapy would throw them away.
DOWNLOAD_MAXSIZE = 0
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_FAIL_ON_DATALOSS = False
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 32 * 1024**2  # bytes of pages that wait to be read before fetching pauses
MEMUSAGE_LIMIT_MB = 1536  # a crawl takes a tenth of it; beyond, it stops cleanly and the next one goes on
CONCURRENT_ITEMS = 1  # a page gives one item; Scrapy starts this many tasks for each
URLLENGTH_LIMIT = 0  # long addresses are left out where they are found, with the reason

LOG_LEVEL = "WARNING"
LOG_FORMATTER = "crawler.logs.Formatter"
LOGSTATS_INTERVAL = 0
STATS_DUMP = False
