"""What keeps its own copy of a product: pages in Redis, carts, orders."""

from uuid import uuid4

import httpx2

from api.cache import Cache
from api.catalog import pages
from api.catalog.schemas import ProductPage
from tests import shop


async def test_an_older_copy_never_replaces_a_newer_one(seller: httpx2.Client, category: str, redis_url: str) -> None:
    """R-CAT-2: versions are compared where the copies are."""
    fields = {"sku": f"S-{uuid4().hex[:12]}", "name": "Cup", "category_id": category, "price_minor": 250}
    old = ProductPage.model_validate(seller.post("/products", json=fields).raise_for_status().json())
    new = ProductPage.model_validate(seller.patch(f"/products/{old.id}", json={"price_minor": 300}).json())
    cache = Cache(redis_url)
    for copy in (new, old):
        await pages.remember(cache, copy)
    held = await cache.get(pages.key(old.id))
    assert held is not None
    assert ProductPage.model_validate_json(held).price_minor == 300
    assert 0 < await cache.redis.ttl(pages.key(old.id)) <= 15 * 60
    await cache.close()


def test_an_order_keeps_the_name_and_price_it_was_placed_at(seller: httpx2.Client, shopper: httpx2.Client) -> None:
    """R-CAT-3, R-CAT-7: whatever becomes of the product, also when it is deleted."""
    product = shop.product(seller, price=250, stock=5)
    shop.put_in_cart(shopper, product, 2)
    order = shop.checkout(shopper)
    seller.patch(f"/products/{product}", json={"name": "Mug", "price_minor": 999}).raise_for_status()
    seller.delete(f"/products/{product}").raise_for_status()
    after = shopper.get(f"/orders/{order['id']}").raise_for_status().json()
    line = after["items"][0]
    assert (line["product_name"], line["unit_price_minor"], after["total_minor"]) == (
        "Teapot",
        250,
        order["total_minor"],
    )
    pending = shop.pay(shopper, order["id"])
    assert pending.status_code == 200
