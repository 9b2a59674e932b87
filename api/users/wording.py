"""What a message with a one-time code says, in the reader's language. It is stored nowhere, unlike other messages."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from api.locales import language_of
from api.users.codes import Kind


class Words(NamedTuple):
    """Sentences of one language; `address` and `password` say what the code is for."""

    subject: str
    address: str
    password: str
    warning: str


WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "en": Words(
            "Your code",
            "{code} is your code to confirm this address. It is good for five minutes and works once.",
            "{code} is your code to set a new password. It is good for five minutes and works once.",
            "Nobody of ours ever asks you for it. If you did not ask for it, leave it be: nothing has changed.",
        ),
        "de": Words(
            "Ihr Code",
            "{code} ist Ihr Code, um diese Adresse zu bestätigen. Er gilt fünf Minuten lang und nur einmal.",
            "{code} ist Ihr Code für ein neues Passwort. Er gilt fünf Minuten lang und nur einmal.",
            "Von uns fragt Sie nie jemand danach. Wenn Sie ihn nicht wollten, tun Sie nichts: Nichts ist geändert.",
        ),
        "id": Words(
            "Kode Anda",
            "{code} adalah kode Anda untuk mengonfirmasi alamat ini. Kode ini berlaku lima menit dan hanya sekali.",
            "{code} adalah kode Anda untuk membuat kata sandi baru. Kode ini berlaku lima menit dan hanya sekali.",
            "Kami tidak pernah memintanya dari Anda. Jika Anda tidak memintanya, abaikan saja: tidak ada yang berubah.",
        ),
    }
)


def worded(kind: Kind, code: str, locale: str) -> tuple[str, str]:
    """Subject and text of the message; English where there are no words in the reader's language."""
    words = WORDS[language_of(locale, WORDS)]
    said = words.password if kind == "password_reset" else words.address
    return words.subject, f"{said.format(code=code)}\n\n{words.warning}\n"
