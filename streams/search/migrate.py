"""The search index of this version: created, with its settings. A step of `atlantic migrate`."""

from pydantic import Field

from streams.search.index import Index
from streams.settings import Settings
from streams.views import search_index


class SearchSettings(Settings):
    """Where the index is."""

    meilisearch_url: str
    meilisearch_key: str = Field(repr=False)
    topic_prefix: str = ""


def main() -> None:
    """Create the product index and apply its settings (R-SRC-5). Idempotent."""
    settings = SearchSettings.model_validate({})
    Index(settings.meilisearch_url, settings.meilisearch_key, search_index(settings.topic_prefix)).prepare()
