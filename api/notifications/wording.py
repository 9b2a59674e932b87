"""Words for a message: its template in the reader's language, for each channel (R-NOT-3, R-NOT-7).

Sentences stand in `templates/<language>.toml` and are plain text; only the layouts decide how they look. HTML is made
in one place, which escapes whatever it is given.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, pass_context
from jinja2.runtime import Context

from api.locales import FALLBACK, language_of

FOLDER = Path(__file__).parent / "templates"
SUBJECT = 255
LANGUAGES = tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))

Data = Mapping[str, Any]
Entry = Mapping[str, str]


class Unrenderable(Exception):  # noqa: N818 - it tells of the message
    """The template is unknown, or one of its variables is missing: better no message than one with a gap."""


@dataclass(frozen=True)
class Wording:
    """What a message says: `short` where there is little room, `text` and `html` in an e-mail."""

    subject: str
    short: str
    text: str
    html: str


def money(minor: int, currency: str, region: str) -> str:
    """An amount as people of a region write it."""
    return format_currency(Decimal(minor).scaleb(-get_currency_precision(currency)), currency, locale=region)


def _word(value: str, words: Mapping[str, str]) -> str:
    if value not in words:
        raise TemplateError(f"no word for {value!r}")
    return words[value]


@pass_context
def _money(context: Context, minor: int, currency: str) -> str:
    return money(minor, currency, context["region"])


def _environment(*, html: bool) -> Environment:
    # Sentences are plain text: escaping belongs to the layout that makes HTML of them, which asks for `html`.
    found = FileSystemLoader(FOLDER)
    made = Environment(autoescape=html, undefined=StrictUndefined, loader=found, auto_reload=False)  # noqa: S701 - text
    made.filters.update(word=_word, money=_money)
    return made


_PLAIN, _HTML = _environment(html=False), _environment(html=True)
_compiled = cache(_PLAIN.from_string)


@cache
def _book(language: str) -> Mapping[str, Entry]:
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def templates() -> frozenset[str]:
    """The names of all templates."""
    return frozenset(_book(FALLBACK)) - {"layout"}


def _entry(template: str, language: str) -> Entry:
    for book in (_book(language), _book(FALLBACK)):
        if template in book:
            return book[template]
    raise Unrenderable(f"no template {template!r}")


def _region(locale: str, language: str) -> str:
    try:
        region = str(Locale.parse(locale.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return language
    return region if language_of(region, LANGUAGES) == language and region.startswith(language) else language


def render(template: str, locale: str, data: Data, *, unsubscribe_url: str | None = None) -> Wording:
    """A message in the language of `locale`. Raises Unrenderable."""
    language = language_of(locale, LANGUAGES)
    entry, words = _entry(template, language), _book(language)["layout"]
    known = {**data, "region": _region(locale, language)}
    try:
        subject, short, body = (_said(entry[part], known) for part in ("subject", "short", "body"))
        greeting = _said(words["greeting"], known) if "first_name" in data else ""
        look = {
            "locale": language,
            "subject": " ".join(subject.split())[:SUBJECT],
            "paragraphs": _paragraphs(f"{greeting}\n\n{body}"),
            **_lines(known),
            "words": words,
            "unsubscribe_url": unsubscribe_url,
        }
        text, html = _PLAIN.get_template("email.txt").render(look), _HTML.get_template("email.html").render(look)
    except (TemplateError, KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise Unrenderable(f"{template}: {error}") from error
    return Wording(look["subject"], short, text, html)


def page(name: str, locale: str, **shown: object) -> str:
    """A web page in the language of `locale`."""
    language = language_of(locale, LANGUAGES)
    look = {"locale": language, "words": _book(language)["layout"], **shown}
    return _HTML.get_template(name).render(look)


def _said(source: str, data: Data) -> str:
    return _compiled(source).render(data).strip()


def _paragraphs(text: str) -> Sequence[Sequence[str]]:
    """Lines by paragraph; an empty line begins a new one."""
    found = ([line.strip() for line in part.strip().split("\n")] for part in re.split(r"\n\s*\n", text))
    return [lines for lines in found if any(lines)]


def _lines(data: Data) -> dict[str, Any]:
    """The goods that the message is about, priced as the reader writes prices."""
    goods = data.get("items", ())
    items = [{**line, "total": money(line["total_minor"], data["currency"], data["region"])} for line in goods]
    total = money(data["total_minor"], data["currency"], data["region"]) if goods and "total_minor" in data else ""
    return {"items": items, "total": total}
