"""What messages say: compared with what was reviewed, in every language, and never with a gap."""

import re
import tomllib
from html import unescape

import pytest

from api.locales import FALLBACK
from api.notifications.kinds import KINDS
from api.notifications.wording import FOLDER, LANGUAGES, Unrenderable, render, templates
from tests.api.notifications import golden


@pytest.mark.parametrize("name", sorted(golden.files()))
def test_messages_say_what_was_reviewed(name: str) -> None:
    """R-NOT-3: `python -m tests.api.notifications.golden` writes them again."""
    assert (golden.FOLDER / name).read_text(encoding="utf-8") == golden.files()[name]


def test_every_template_has_a_sample_and_every_language_every_template() -> None:
    """R-NOT-3: the same entries in each, so that nobody reads English by accident."""
    assert set(golden.SAMPLES) == templates()
    books = {language: tomllib.loads((FOLDER / f"{language}.toml").read_text()) for language in LANGUAGES}
    assert {"en", "de", "id"} == set(books)
    shape = {entry: set(parts) for entry, parts in books[FALLBACK].items()}
    assert all({entry: set(parts) for entry, parts in book.items()} == shape for book in books.values())


@pytest.mark.parametrize(("locale", "begins"), [("fr", "Hello"), ("xx-YY", "Hello"), ("", "Hello"), ("de-AT", "Guten"),
                                                ("id_ID", "Halo"), ("DE", "Guten")])  # fmt: skip
def test_a_missing_language_falls_back_to_english(locale: str, begins: str) -> None:
    """R-NOT-3."""
    assert render("welcome", locale, {"first_name": "Ann"}).text.startswith(begins)


@pytest.mark.parametrize("template", sorted(golden.SAMPLES))
def test_a_missing_variable_is_an_error_and_never_a_gap(template: str) -> None:
    """R-NOT-3: each variable of each template is needed by its text, its short form or its subject."""
    for data in golden.SAMPLES[template]:
        for name in data.keys() & _variables(template):
            with pytest.raises(Unrenderable):
                render(template, "en", {key: value for key, value in data.items() if key != name})


def _variables(template: str) -> set[str]:
    """Those of the subject, which has no branches."""
    subject = tomllib.loads((FOLDER / "en.toml").read_text())[template]["subject"]
    return set(re.findall(r"{{ ([a-z_]+)", subject))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", sorted(golden.SAMPLES))
def test_whatever_people_wrote_is_escaped(template: str, language: str) -> None:
    """R-NOT-7: no tag of theirs survives in HTML, and nothing that they wrote is lost."""
    for data in golden.SAMPLES[template]:
        words = render(template, language, data, unsubscribe_url=golden.LINK)
        for tag in ("<b>", "<i>", "<you>"):
            assert tag not in words.html
        shown = unescape(re.sub(r"<[^>]*>", "", words.html))
        assert golden.NAME in shown
        assert data.get("product_name", "") in shown


def test_an_unknown_template_is_refused() -> None:
    with pytest.raises(Unrenderable):
        render("no such thing", "en", {})


def test_money_is_written_as_its_readers_write_it() -> None:
    data = {**golden.ORDER, "amount_minor": 240_000, "currency": "IDR"}
    shorts = [render("refund_succeeded", locale, data).short for locale in ("en", "de", "id")]
    assert ["IDR" in shorts[0], "2.400,00" in shorts[1], "Rp" in shorts[2]] == [True, True, True]
    assert "¥240,000" in render("refund_succeeded", "en", {**data, "currency": "JPY"}).short


def test_a_long_name_does_not_break_the_subject() -> None:
    words = render("low_stock", "en", {**golden.PRODUCT, "product_name": "Pot " * 80})
    assert len(words.subject) <= 255


def test_every_kind_is_worded() -> None:
    """Requirements 13.5: each kind has a template that begins with its name, or one of the named few."""
    others = {"refund_update": "refund_requested", "return_update": "return_requested",
              "complaint_update": "complaint_opened", "payout_update": "payout_paid"}  # fmt: skip
    assert all(others.get(kind, kind) in templates() for kind in KINDS)
