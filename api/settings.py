"""What the api process is told by its environment (ARCHITECTURE.md, "Settings")."""

from functools import cached_property
from pathlib import Path
from typing import Literal, Self

import orjson
from joserfc.jwk import OKPKey
from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_ORIGIN = r"https?://[A-Za-z0-9.\-]+(:[0-9]+)?"
GATEWAYS = frozenset({"test", "stripe", "paypal"})


class ChannelSettings(BaseSettings):
    """How messages leave, for every process that sends some, read from `ATLANTIC_*`."""

    model_config = SettingsConfigDict(env_prefix="ATLANTIC_", frozen=True, extra="ignore", hide_input_in_errors=True)

    home: Path = Path(".atlantic")
    mail_url: str = Field(
        default="",
        repr=False,
        pattern=r"^((smtp|smtps|smtp\+plain)://[^\s/]+)?$",
        description="smtp:// (STARTTLS), smtps:// or smtp+plain://, user:password@host:port; empty: files in home",
    )
    mail_from: str = Field(default="Atlantic <shop@atlantic.localhost>", pattern=r"^[^@\r\n]*\b[^\s@]+@[^\s@]+$")
    public_url: str = Field(default="http://127.0.0.1:7400", description="where links in messages lead")


class GatewaySettings(BaseSettings):
    """How payment gateways are called, for every process that calls some (R-PAY-4, R-PAY-16)."""

    model_config = SettingsConfigDict(env_prefix="ATLANTIC_", frozen=True, extra="ignore", hide_input_in_errors=True)

    gateways: str = Field(
        default="test",
        pattern=r"^[a-z]+(,[a-z]+)*$",
        description="which there are; the first one takes cards by default",
    )
    capture: Literal["at_confirm", "at_pick_up"] = Field(default="at_confirm", description="when cards are charged")
    gateway_call_s: float = Field(default=10, gt=0, description="bound of one call")
    gateway_repeats: int = Field(default=3, ge=0, description="tries after a call that failed, with the same reference")
    gateway_repeat_s: float = Field(default=1, gt=0, description="wait before the first of them; it doubles")
    breaker_failures: int = Field(default=5, ge=1, description="failures in a row that open a gateway's breaker")
    breaker_calls: int = Field(default=20, ge=2, description="calls of which half failing opens it")
    breaker_window_s: float = Field(default=30, gt=0, description="how old those calls may be")
    breaker_rest_s: float = Field(default=30, gt=0, description="how long it stays open before one trial")

    stripe_key: str = Field(default="", repr=False, description="secret key; for the gateway stripe")
    stripe_webhook_secret: str = Field(default="", repr=False, description="signing secret of its webhook endpoint")
    stripe_url: str = Field(default="", pattern=r"^(https?://[^\s]+)?$", description="empty: Stripe's own address")
    paypal_client_id: str = Field(default="", repr=False, description="of the REST app; for the gateway paypal")
    paypal_secret: str = Field(default="", repr=False, description="secret of the REST app")
    paypal_webhook_id: str = Field(default="", pattern=r"^[A-Za-z0-9]{0,50}$", description="id of the app's webhook")
    paypal_url: str = Field(default="", pattern=r"^(https?://[^\s]+)?$", description="empty: PayPal's own address")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if unknown := set(self.offered) - GATEWAYS:
            raise ValueError(f"ATLANTIC_GATEWAYS: no such gateway: {', '.join(sorted(unknown))}")
        if "stripe" in self.offered and not (self.stripe_key and self.stripe_webhook_secret):
            raise ValueError("ATLANTIC_STRIPE_KEY and ATLANTIC_STRIPE_WEBHOOK_SECRET: the gateway stripe needs both")
        if "paypal" in self.offered and not (self.paypal_client_id and self.paypal_secret and self.paypal_webhook_id):
            raise ValueError("ATLANTIC_PAYPAL_CLIENT_ID, _SECRET and _WEBHOOK_ID: the gateway paypal needs all three")
        return self

    @property
    def offered(self) -> tuple[str, ...]:
        """The names of the gateways."""
        return tuple(self.gateways.split(","))


class CarrierSettings(BaseSettings):
    """How the sandbox carrier moves its parcels (R-SHP-9)."""

    model_config = SettingsConfigDict(env_prefix="ATLANTIC_", frozen=True, extra="ignore", hide_input_in_errors=True)

    carrier_day_s: float = Field(default=86_400, gt=0, description="how long one of its days lasts")


class ObjectSettings(BaseSettings):
    """Where files such as pictures are kept: in the home, or in an S3 bucket when one is named."""

    model_config = SettingsConfigDict(env_prefix="ATLANTIC_", frozen=True, extra="ignore", hide_input_in_errors=True)

    home: Path = Path(".atlantic")
    s3_bucket: str = ""
    s3_endpoint: str = Field(default="", pattern=r"^(https?://[^\s]+)?$", description="empty: AWS of the region")
    s3_region: str = "us-east-1"
    s3_access_key: str = Field(default="", repr=False)
    s3_secret_key: str = Field(default="", repr=False)


class WebhookSettings(BaseSettings):
    """Where sellers' own systems may be called, for every process that checks or calls them (R-SEC-6)."""

    model_config = SettingsConfigDict(env_prefix="ATLANTIC_", frozen=True, extra="ignore", hide_input_in_errors=True)

    webhooks_inside: bool = Field(default=False, description="also http and addresses of our own network")


class Settings(ChannelSettings, GatewaySettings, ObjectSettings, WebhookSettings):
    """The api's settings, read from `ATLANTIC_*`; a missing or wrong one stops the start with its name."""

    port_base: int = Field(default=7400, ge=1024, le=65_515)
    bind_host: str = "127.0.0.1"
    postgres_dsn: str = Field(repr=False)
    redis_url: str = Field(repr=False)
    kafka_bootstrap: str
    topic_prefix: str = ""
    jwt_private_key: str = Field(repr=False)
    webhook_secret: str = Field(repr=False, min_length=16)
    carrier_secret: str = Field(repr=False, min_length=16)
    cursor_secret: str = Field(repr=False, min_length=16)
    second_factor_secret: str = Field(repr=False, min_length=16, description="encrypts what second factors are made of")
    second_factor: Literal["optional", "operators"] = Field(
        default="optional", description="for whom: operators and admins act as such only with one, or nobody has to"
    )
    platform_currency: str = Field(default="IDR", pattern="^[A-Z]{3}$")
    rate_limits: bool = True
    trusted_proxies: str = Field(default="127.0.0.1", description="addresses and networks whose X-Forwarded-For counts")
    api_cors_origins: str = Field(
        default="",
        pattern=rf"^({_ORIGIN}(,{_ORIGIN})*)?$",
        description="of shops whose pages come from elsewhere, such as https://shop.example.com,http://localhost:3000",
    )
    auto_approve_sellers: bool = True
    pool_size: int = Field(default=12, ge=1, description="connections of one api process at most")
    meilisearch_url: str = Field(default="", description="empty: PostgreSQL answers every search")
    meilisearch_key: str = Field(default="", repr=False)
    search_call_ms: int = Field(default=300, ge=1, description="bound of one search before PostgreSQL answers it")
    spool_mib: int = Field(default=256, ge=1, description="bound of the clicks kept on disk while Kafka is away")

    @cached_property
    def signing_key(self) -> OKPKey:
        """The Ed25519 key that access tokens are signed with."""
        return OKPKey.import_key(orjson.loads(self.jwt_private_key))

    @property
    def cors_origins(self) -> tuple[str, ...]:
        """Whose pages may call the api from a browser, beside its own."""
        return tuple(self.api_cors_origins.split(",")) if self.api_cors_origins else ()

    @property
    def port(self) -> int:
        """The api's port: offset 0."""
        return self.port_base
