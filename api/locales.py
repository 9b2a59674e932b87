"""Which language a reader's locale asks for, of those that there are words in."""

from collections.abc import Collection

FALLBACK = "en"


def language_of(locale: str, known: Collection[str]) -> str:
    """The language to write in: the locale's (`de-AT`, `de_AT`: de) when there are words in it, otherwise English."""
    language = locale.replace("_", "-").split("-")[0].lower()
    return language if language in known else FALLBACK
