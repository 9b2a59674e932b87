"""What Prometheus is told of calls: by the route's template, never by the address."""

from uuid import uuid4

import httpx2


def test_calls_are_counted_by_route_method_and_status(api: str) -> None:
    """E-OPS-3: one series a route, whatever ids stand in the address; what has no route is one series too."""
    with httpx2.Client(base_url=api, timeout=20) as client:
        for path in (f"/v1/products/{uuid4()}", f"/v1/products/{uuid4()}", "/v1/users/me", f"/nowhere/{uuid4()}"):
            assert client.get(path).is_client_error
        client.get("/health/live")
        told = client.get("/metrics").text
    assert _count(told, "/v1/products/{product_id}") >= 2
    assert _count(told, "/v1/users/me") >= 1
    assert _count(told, "none") >= 1
    assert "nowhere" not in told
    assert 'handler="/health/live"' not in told
    assert 'http_request_duration_seconds_bucket{handler="/v1/users/me",le="0.1",method="GET"}' in told


def _count(told: str, handler: str) -> float:
    begins = f'http_requests_total{{handler="{handler}",method="GET",status="4xx"}}'
    return next((float(line.split()[-1]) for line in told.splitlines() if line.startswith(begins)), 0.0)
