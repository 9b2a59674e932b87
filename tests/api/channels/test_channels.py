"""Messages leave by SMTP, or as files that a person can open (R-NOT-4)."""

import email
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from api import ids
from api.channels import Channel, Message, NotSent, Sender, open_sender
from api.settings import ChannelSettings
from tests.api.channels.mail_server import certificate, knows, post_office

TEXT = "Your order is on its way, Jürgen.\n"
LINK = "https://shop.example/stop?t=" + "a-token_that.is/long" * 8
HTML = "<p>Your order is on its way, Jürgen.</p>"


def message(recipient: str = "ana@example.org", channel: Channel = "email", **fields: Any) -> Message:
    return Message(id=ids.new(), channel=channel, recipient=recipient, subject="On its way", text=TEXT, **fields)


def sender(url: str = "", home: Path = Path("/nonexistent")) -> Sender:
    return open_sender(ChannelSettings(home=home, mail_url=url, mail_from="Atlantic <shop@atlantic.example>"))


async def test_a_mail_arrives_whole_over_one_kept_connection() -> None:
    """R-NOT-4: text and HTML, the message's id as Message-ID, and one connection for all of them."""
    with post_office() as (post, port):
        out = sender(f"smtp+plain://127.0.0.1:{port}")
        first = message(html=HTML, unsubscribe_url=LINK)
        reference = await out.send(first)
        await out.send(message("bo@example.org"))
        await out.close()
    one, two = post.mails
    assert post.connections == 1
    assert one["Message-ID"] == reference == f"<{first.id}@atlantic.example>"
    assert one["From"] == "Atlantic <shop@atlantic.example>"
    assert (one["To"], two["To"]) == ("ana@example.org", "bo@example.org")
    assert one["List-Unsubscribe"] == f"<{LINK}>"
    assert two["List-Unsubscribe"] is None
    parts: list[Any] = list(one.walk())[1:]
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert [part.get_payload(decode=True).decode().strip() for part in parts] == [TEXT.strip(), HTML]


async def test_addresses_beyond_ascii_are_written_as_they_are() -> None:
    """SMTPUTF8, where the server speaks it."""
    with post_office(enable_SMTPUTF8=True) as (post, port):
        out = sender(f"smtp+plain://127.0.0.1:{port}")
        await out.send(message("jürgen@example.org"))
        await out.close()
    assert post.envelopes[0].rcpt_tos == ["jürgen@example.org"]


async def test_a_server_that_hung_up_meanwhile_is_called_again() -> None:
    with post_office() as (_, port):
        out = sender(f"smtp+plain://127.0.0.1:{port}")
        await out.send(message())
    with post_office(port) as (post, _):
        await out.send(message("later@example.org"))
        await out.close()
    assert [mail["To"] for mail in post.mails] == ["later@example.org"]


@pytest.mark.parametrize(
    ("recipient", "code", "final"),
    [
        ("gone@example.org", "recipient_refused", True),
        ("busy@example.org", "recipient_refused", False),
        ("spam@example.org", "message_refused", True),
        ("nobody", "recipient_invalid", True),
        ("a@example.org\r\nBcc: all@example.org", "recipient_invalid", True),
    ],
)
async def test_a_refusal_says_whether_trying_again_can_help(recipient: str, code: str, final: bool) -> None:
    """R-NOT-2: an address that is gone is not tried five times; the connection lives on for others."""
    with post_office() as (post, port):
        out = sender(f"smtp+plain://127.0.0.1:{port}")
        with pytest.raises(NotSent) as refusal:
            await out.send(message(recipient))
        assert (refusal.value.code, refusal.value.final) == (code, final)
        await out.send(message())
        await out.close()
    assert [mail["To"] for mail in post.mails] == ["ana@example.org"]


async def test_a_server_that_is_away_is_no_reason_to_give_up() -> None:
    with pytest.raises(NotSent) as refusal:
        await sender("smtp+plain://127.0.0.1:9").send(message())
    assert (refusal.value.code, refusal.value.final) == ("provider_unavailable", False)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # the server takes TLS from the first byte for none
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_passwords_and_mails_travel_encrypted(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """STARTTLS and TLS, the certificate checked; a wrong password is ours to mend, so the message waits."""
    context, trusted = certificate(tmp_path)
    tls: dict[str, Any] = {"context": context} if scheme == "smtps" else {"tls_context": context}
    options: dict[str, Any] = {"authenticator": knows, "auth_required": True, "auth_require_tls": scheme == "smtp"}
    with post_office(**tls, **options) as (post, port):
        good = f"{scheme}://shop:p%40ss%2Fword@127.0.0.1:{port}"
        with pytest.raises(NotSent) as stranger:
            await sender(good).send(message())
        assert stranger.value.code == "provider_unavailable"
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        with pytest.raises(NotSent) as locked_out:
            await sender(good.replace("word", "wort")).send(message())
        assert (locked_out.value.code, locked_out.value.final) == ("provider_refused", False)
        out = sender(good)
        await out.send(message())
        await out.close()
    assert [mail["To"] for mail in post.mails] == ["ana@example.org"]


async def test_starttls_is_never_given_up_for_plain_text() -> None:
    with post_office() as (post, port), pytest.raises(NotSent):
        await sender(f"smtp://127.0.0.1:{port}").send(message())
    assert not post.mails


async def test_without_a_server_mails_are_files_that_open(tmp_path: Path) -> None:
    """R-NOT-4: the file sink of one machine; the same message again is the same file."""
    out, mail = sender(home=tmp_path), message(html=HTML)
    names = {await out.send(mail), await out.send(mail)}
    assert names == {f"{mail.id}.eml"}
    (path,) = (tmp_path / "outbox" / "email").iterdir()
    read = email.message_from_bytes(path.read_bytes())
    assert (read["To"], read["Subject"]) == ("ana@example.org", "On its way")
    assert path.stat().st_mode & 0o077 == 0


async def test_some_mail_comes_back_from_the_folder(tmp_path: Path) -> None:
    """R-NOT-4: what a mail server refuses for good is to be seen on one machine, too."""
    folder = sender(home=tmp_path)
    for recipient in ("bounce@example.com", "bounce+ann@example.com"):
        with pytest.raises(NotSent) as refused:
            await folder.send(message(recipient))
        assert (refused.value.code, refused.value.final) == ("recipient_refused", True)
    assert await folder.send(message("bouncer@example.com"))


@pytest.mark.parametrize("channel", ["sms", "push", "whatsapp"])
async def test_other_channels_are_recorded_behind_the_same_port(channel: Channel, tmp_path: Path) -> None:
    out, said = sender(home=tmp_path), message("+628123456789", channel)
    name = await out.send(said)
    record = json.loads((tmp_path / "outbox" / channel / name).read_text())
    assert (record["recipient"], record["text"], record["id"]) == ("+628123456789", TEXT, str(said.id))


async def test_the_oldest_files_give_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.channels.folder.KEPT", 3)
    monkeypatch.setattr("api.channels.folder.PRUNED_EVERY", 2)
    out = sender(home=tmp_path)
    written = [await out.send(message()) for _ in range(6)]
    assert sorted(path.name for path in (tmp_path / "outbox" / "email").iterdir()) == written[3:]


@pytest.mark.parametrize("url", ["http://mail.example", "mail.example:25", "smtp://"])
def test_a_wrong_address_of_the_mail_server_stops_the_start(url: str) -> None:
    with pytest.raises(ValidationError, match="mail_url"):
        ChannelSettings(mail_url=url)
