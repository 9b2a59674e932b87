"""Whatever is sent to any operation, the api answers without a server error, in a type that it documents."""

import json
import os
from contextlib import closing
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from joserfc.jwk import OKPKey
from schemathesis.checks import not_a_server_error

from api.main import create_app
from api.settings import Settings
from tests import shop
from tests.api.conftest import NOBODY_LISTENS

EXAMPLES = int(os.environ.get("ATLANTIC_FUZZ_EXAMPLES", "2"))

nowhere = Settings(
    postgres_dsn="postgresql://nobody@127.0.0.1:9/nothing",
    redis_url="redis://127.0.0.1:9/0",
    kafka_bootstrap=NOBODY_LISTENS,
    jwt_private_key=json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=True)),
    webhook_secret="nothing is signed",
    carrier_secret="nothing is signed",
    cursor_secret="nothing is signed",
)
contract = schemathesis.openapi.from_dict(create_app(nowhere).openapi())


@pytest.fixture(scope="module")
def token(api: str) -> str:
    """A shopper's authorization."""
    with closing(shop.account(api)) as client:
        return str(client.headers["Authorization"])


@pytest.mark.filterwarnings("ignore:Skipped test cases with unsupported payload media types")
@contract.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_call_breaks_the_api(case: Any, api: str, token: str) -> None:
    """R-API-3, R-API-8."""
    case.call_and_validate(base_url=api, headers={"Authorization": token}, checks=[not_a_server_error])
