"""What tests do as people: sign up, open a shop, buy, pay."""

import ssl
from typing import Any
from uuid import uuid4

import httpx2

ADDRESS = {
    "label": "Home", "province_id": 31, "city_id": 3171, "district_id": 1, "subdistrict_id": 1,
    "province_name": "DKI Jakarta", "city_name": "Jakarta Pusat", "district_name": "Menteng",
    "subdistrict_name": "Menteng", "street": "Jalan Teuku Umar 1", "postal_code": "10310",
}  # fmt: skip
PASSWORD = "correct horse battery"
APPROVED = "tok_4242424242424242"
DECLINED = "tok_4000000000000002"
_open: list[httpx2.Client] = []
_TLS = ssl.create_default_context()  # never used, but each client would make one of its own, which takes 24 ms


def client_of(api: str) -> httpx2.Client:
    """A connection to the API; `leave` closes all of them."""
    _open.append(httpx2.Client(base_url=f"{api}/v1", timeout=20, verify=_TLS))
    return _open[-1]


def leave() -> None:
    """Close every connection."""
    while _open:
        _open.pop().close()


def account(api: str) -> httpx2.Client:
    """A new shopper, signed in."""
    client = client_of(api)
    person = {
        "email": f"{uuid4()}@example.com", "password": PASSWORD, "first_name": "Ayu", "last_name": "Lestari",
        "phone": "+6281234567890",
    }  # fmt: skip
    answer = client.post("/auth/register", json=person).raise_for_status().json()
    client.headers["Authorization"] = f"Bearer {answer['access_token']}"
    client.headers["X-Person"] = person["email"]
    return client


def sign_in_again(client: httpx2.Client) -> None:
    """A new access token with the account's present roles."""
    answer = client.post("/auth/login", json={"email": client.headers["X-Person"], "password": PASSWORD})
    client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"


def seller(api: str, currency: str = "GBP") -> tuple[httpx2.Client, str]:
    """A new seller: the client, which carries the seller's id as X-Seller for tests to read, and the id."""
    client = account(api)
    profile = {
        "display_name": f"Shop {uuid4().hex[:8]}", "legal_name": "Shop Ltd", "contact_email": "shop@example.com",
        "contact_phone": "+6281234567891", "currency": currency,
    }  # fmt: skip
    seller_id: str = client.post("/sellers", json=profile).raise_for_status().json()["id"]
    sign_in_again(client)
    client.headers["X-Seller"] = seller_id
    return client, seller_id


def operator(api: str, email: str, password: str) -> httpx2.Client:
    """Somebody of the operations staff, signed in."""
    client = client_of(api)
    answer = client.post("/auth/login", json={"email": email, "password": password}).raise_for_status().json()
    client.headers["Authorization"] = f"Bearer {answer['access_token']}"
    return client


def product(client: httpx2.Client, *, price: int, stock: int, currency: str = "GBP") -> str:
    """A new product of a seller, in the first category: its id."""
    category = client.get("/categories").raise_for_status().json()["items"][0]["id"]
    fields = {
        "sku": f"SKU-{uuid4().hex[:10]}", "name": "Teapot", "category_id": category, "price_minor": price,
        "currency": currency, "on_hand": stock,
    }  # fmt: skip
    product_id: str = client.post("/products", json=fields).raise_for_status().json()["id"]
    return product_id


def put_in_cart(shopper: httpx2.Client, product_id: str, quantity: int) -> None:
    """Units of a product into the shopper's cart."""
    shopper.post("/cart/items", json={"product_id": product_id, "quantity": quantity}).raise_for_status()


def checkout(shopper: httpx2.Client, key: str | None = None) -> dict[str, Any]:
    """The cart becomes an order."""
    body = {"address": ADDRESS, "payment_method": "card"}
    answer = shopper.post("/checkout", json=body, headers={"Idempotency-Key": key or str(uuid4())})
    order: dict[str, Any] = answer.raise_for_status().json()["order"]
    return order


def pay(shopper: httpx2.Client, order_id: str, card: str = APPROVED) -> httpx2.Response:
    """The order is paid; the answer of the confirmation, whatever it is."""
    intent = shopper.post("/payments/intent", json={"order_id": order_id}).raise_for_status().json()
    return shopper.post("/payments/confirm", json={"payment_id": intent["id"], "gateway_token": card})


def buy(shopper: httpx2.Client, product_id: str, quantity: int, card: str = APPROVED) -> httpx2.Response:
    """Cart, checkout and payment; the answer of the confirmation."""
    put_in_cart(shopper, product_id, quantity)
    return pay(shopper, checkout(shopper)["id"], card)
