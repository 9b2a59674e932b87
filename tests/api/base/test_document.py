"""The OpenAPI document is built beside the event loop."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2


def test_nobody_waits_while_the_document_is_built(api: str) -> None:
    """E-OPS-4: other calls are answered meanwhile, and all who ask at once get the same document."""
    answered = 0

    def ask() -> Any:
        return httpx2.get(f"{api}/openapi.json", timeout=60).raise_for_status().json()

    with httpx2.Client(base_url=api, timeout=60) as shopper, ThreadPoolExecutor() as asking:
        shopper.get("/health/live").raise_for_status()
        documents = [asking.submit(ask) for _ in range(3)]
        while not all(each.done() for each in documents):
            shopper.get("/health/live").raise_for_status()
            answered += 1
    first = documents[0].result()
    assert "/v1/products" in first["paths"]
    assert all(each.result() == first for each in documents)
    assert answered > 10
