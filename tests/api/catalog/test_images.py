"""Pictures of products: what is taken, what is made of them, who sees them (E-CAT-10, E-CAT-11, R-CAT-7, R-CAT-8)."""

from contextlib import closing
from io import BytesIO
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from PIL import Image

from api.catalog.images.encoding import encoded
from tests import shop

TOKYO = {0x0112: 6, 0x010F: "Camera of Ayu", 0x8825: {1: "N", 2: (35.0, 41.0, 22.0)}}


def picture(width: int, height: int, form: str = "JPEG", *, exif: dict[int, Any] | None = None) -> bytes:
    """A file with a red left half."""
    image = Image.new("RGB", (width, height), "white")
    image.paste((200, 0, 0), (0, 0, width // 2, height))
    info = Image.Exif()
    info.update(exif or {})
    target = BytesIO()
    image.save(target, form, exif=info)
    return target.getvalue()


def upload(client: httpx2.Client, product: str, content: bytes, name: str = "pot.jpg") -> httpx2.Response:
    """The answer to an upload."""
    return client.post(f"/products/{product}/images", files={"file": (name, content)})


@pytest.fixture
def product(seller: httpx2.Client) -> str:
    return shop.product(seller, price=100, stock=3)


def test_a_picture_is_made_upright_and_small_in_three_sizes(api: str, seller: httpx2.Client, product: str) -> None:
    """2,000 x 1,000 pixels, turned by its metadata, of which nothing is left (R-CAT-8)."""
    made = upload(seller, product, picture(2000, 1000, exif=TOKYO))
    assert made.status_code == 201, made.text
    assert (made.json()["width"], made.json()["height"], made.json()["position"]) == (800, 1600, 0)
    for size, expected in (("small", (160, 320)), ("medium", (400, 800)), ("large", (800, 1600))):
        answer = httpx2.get(f"{api}{made.json()['urls'][size]}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
        assert "immutable" in answer.headers["cache-control"]
        assert b"Camera of Ayu" not in answer.content
        with Image.open(BytesIO(answer.content)) as image:
            assert image.size == expected
            assert not image.getexif()
    assert [each["id"] for each in httpx2.get(f"{api}/v1/products/{product}").json()["images"]] == [made.json()["id"]]


def test_a_picture_raises_the_products_version_and_is_told(seller: httpx2.Client, product: str, db: Any) -> None:
    """Pages and search follow: each change is one of the product (R-CAT-1)."""
    before = seller.get(f"/products/{product}").json()["version"]
    made = upload(seller, product, picture(10, 10, "PNG")).raise_for_status().json()
    assert seller.get(f"/products/{product}").json()["version"] == before + 1
    (line,) = db.execute(
        "SELECT line FROM outbox WHERE convert_from(line, 'UTF8') LIKE %s ORDER BY id DESC LIMIT 1", [f"%{product}%"]
    ).fetchone()
    key = made["urls"]["small"].split("/")[-2]
    assert b'"event":"product.updated"' in bytes(line)
    assert f'"images":["{key}"]'.encode() in bytes(line)
    assert made["width"] == 10, "a small picture is not blown up"


def test_a_picture_taken_away_leaves_the_page_and_its_file_stays(api: str, seller: httpx2.Client, product: str) -> None:
    """Orders that show it still do; a repeat changes nothing (R-CAT-7)."""
    made = upload(seller, product, picture(20, 20, "WEBP")).raise_for_status().json()
    for _ in range(2):
        assert seller.delete(f"/products/{product}/images/{made['id']}").status_code == 204
    assert httpx2.get(f"{api}/v1/products/{product}").json()["images"] == []
    assert httpx2.get(f"{api}{made['urls']['small']}").status_code == 200


def test_an_order_keeps_the_first_picture_of_what_was_bought(
    api: str, seller: httpx2.Client, shopper: httpx2.Client, product: str
) -> None:
    """8.1, R-ORD-6, R-CAT-7: also when the picture is taken away afterwards."""
    first, _ = (upload(seller, product, picture(20, 20)).raise_for_status().json() for _ in range(2))
    shop.put_in_cart(shopper, product, 1)
    placed = shopper.post("/checkout", json={"address": shop.ADDRESS}).raise_for_status().json()["order"]
    assert seller.delete(f"/products/{product}/images/{first['id']}").status_code == 204
    for order in (placed, shopper.get(f"/orders/{placed['id']}").json()):
        kept = order["items"][0]["product_snapshot"]["image"]
        assert kept == first["urls"]["small"]
        assert httpx2.get(f"{api}{kept}").status_code == 200


@pytest.mark.parametrize(
    ("content", "status", "problem"),
    [
        (b"%PDF-1.7 not a picture", 415, "unsupported-media-type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unsupported-media-type"),
        (b"", 415, "unsupported-media-type"),
        (picture(400, 400)[:900], 422, "validation-failed"),
        (b"\xff" * (5 * 1024 * 1024 + 1), 413, "payload-too-large"),
        (b"\xff" * (6 * 1024 * 1024), 413, "payload-too-large"),
    ],
    ids=["pdf", "svg", "empty", "cut off", "one byte too much", "far too much"],
)
def test_what_is_no_picture_is_refused(
    seller: httpx2.Client, product: str, content: bytes, status: int, problem: str
) -> None:
    """By its content, whatever its name says (R-CAT-8, R-API-14)."""
    answer = upload(seller, product, content)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}")


def test_a_small_file_that_holds_a_huge_picture_is_refused(seller: httpx2.Client, product: str) -> None:
    """It would take gigabytes to decode (R-CAT-8)."""
    target = BytesIO()
    Image.new("1", (30_000, 30_000)).save(target, "PNG")
    answer = upload(seller, product, target.getvalue())
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.file")


def test_a_form_without_the_file_says_so(seller: httpx2.Client, product: str) -> None:
    """What is no form, and a form with another field (E-CAT-10)."""
    assert seller.post(f"/products/{product}/images", json={"file": "x"}).status_code == 415
    answer = seller.post(f"/products/{product}/images", files={"picture": ("a.png", b"x")})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.file")


@pytest.mark.parametrize("width", [26_000, 90_000])
def test_a_picture_of_too_many_pixels_is_told_so(seller: httpx2.Client, product: str, width: int) -> None:
    """E-CAT-10: a small file, and not broken; of the larger one the library itself says so."""
    target = BytesIO()
    Image.new("1", (width, 2000)).save(target, "PNG")
    answer = upload(seller, product, target.getvalue(), "map.png")
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (422, "has more than 50,000,000 pixels")


def test_a_product_has_ten_pictures_at_most(seller: httpx2.Client, product: str) -> None:
    """The eleventh is refused before it is decoded (E-CAT-10)."""
    small = picture(4, 4, "PNG")
    assert [upload(seller, product, small).status_code for _ in range(11)] == [201] * 10 + [422]


def test_only_the_products_seller_adds_and_takes_away(
    api: str, seller: httpx2.Client, operator: httpx2.Client, product: str
) -> None:
    """Foreign and unknown products are not found, shoppers may not ask (R-API-9, R-SEL-1)."""
    made = upload(seller, product, picture(4, 4)).raise_for_status().json()
    with closing(shop.seller(api)[0]) as other, closing(shop.account(api)) as shopper:
        assert upload(other, product, picture(4, 4)).status_code == 404
        assert other.delete(f"/products/{product}/images/{made['id']}").status_code == 404
        assert upload(shopper, product, picture(4, 4)).status_code == 403
    assert upload(seller, str(uuid4()), picture(4, 4)).status_code == 404
    assert httpx2.post(f"{api}/v1/products/{product}/images", files={"file": b"x"}).status_code == 401
    assert operator.delete(f"/products/{product}/images/{made['id']}").status_code == 204


@pytest.mark.parametrize(("asked", "status"), [("{}", 304), ('"x", W/{}', 304), ("*", 304), ('"x"', 200), ("", 200)])
def test_a_picture_that_the_caller_has_is_not_sent_again(
    api: str, seller: httpx2.Client, product: str, asked: str, status: int
) -> None:
    """RFC 9110, 13.1.2: whoever is given an ETag may ask by it."""
    address = f"{api}{upload(seller, product, picture(10, 10)).raise_for_status().json()['urls']['small']}"
    tag = httpx2.get(address).headers["etag"]
    answer = httpx2.get(address, headers={"If-None-Match": asked.format(tag)})
    assert (answer.status_code, answer.headers["etag"], bool(answer.content)) == (status, tag, status == 200)
    assert "immutable" in answer.headers["cache-control"]


def test_an_invented_address_shows_nothing(api: str) -> None:
    """Keys cannot be guessed, nor lead out of the store (R-CAT-8)."""
    assert httpx2.get(f"{api}/v1/images/{uuid4().hex}/small").status_code == 404
    for wrong in (f"{uuid4().hex}/huge", "..%2f..%2fsecrets/small", f"{'A' * 32}/small"):
        assert httpx2.get(f"{api}/v1/images/{wrong}").status_code in (404, 422)


def test_a_camera_that_notes_nonsense_spoils_no_picture(seller: httpx2.Client, product: str) -> None:
    """R-CAT-8: metadata is left out anyway; it is turned all the same where that much can be read."""
    content = picture(40, 20, exif=TOKYO)
    tag = content.index(b"Exif") + 17
    for number in range(17):
        odd = content[:tag] + bytes([number]) + content[tag + 1 :]
        made = encoded(odd)
        assert (made.width, made.height) == (20, 40), number
    assert upload(seller, product, odd).status_code == 201


def test_a_form_is_told_what_is_wrong_with_it(seller: httpx2.Client, product: str) -> None:
    """R-API-3, E-CAT-10: a field beside the file, a second file, no boundary; the type's case does not matter."""
    path, file = f"/products/{product}/images", ("pot.png", picture(4, 4, "PNG"))
    beside = seller.post(path, files={"file": file}, data={"alt": "A pot"})
    two = seller.post(path, files=[("file", file), ("file", file)])
    none = seller.post(path, content=b"--x", headers={"Content-Type": "multipart/form-data"})
    for answer, said in ((beside, "fields"), (two, "files"), (none, "boundary")):
        assert answer.status_code == 422
        assert said in answer.json()["errors"][0]["message"]
    made = httpx2.Request("POST", "http://x", files={"file": file})
    kind = made.headers["Content-Type"].replace("multipart/form-data", "Multipart/Form-Data")
    assert seller.post(path, content=made.read(), headers={"Content-Type": kind}).status_code == 201
