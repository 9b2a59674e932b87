"""What the OpenAPI document says once for all operations, at the top and by tag (E-OPS-4)."""

from api import keyring, rates
from api.middleware import BODY_LIMIT

TITLE, VERSION = "Atlantic", "1"
SUMMARY = "A commerce platform whose dashboards are the books."
_MIB = 1024 * 1024
DESCRIPTION = f"""
Everything that shoppers, sellers and operators do with Atlantic. The examples tell one story: a shopper buys two
teapots of one shop and sends one back, and every amount adds up.

### Sign in
`POST /v1/auth/login` (or `/v1/auth/register`) gives an access token for 15 minutes and a refresh token for 30 days,
which works once at `POST /v1/auth/refresh`. An account with a second factor is answered 401 `second-factor-needed` with
a challenge for `POST /v1/auth/second-factor`. Send `Authorization: Bearer <access token>`. Sellers' own systems send
an API key of `POST /v1/sellers/me/keys` in its place; it acts for the shop alone, and may do what its scopes say:
`read` of {", ".join(keyring.AREAS)};
`write` of {", ".join(keyring.WRITTEN)}.
Here: **Authorize**, then *Try it out* on any operation. A padlock marks where a token counts:
most of these operations need one, the others show more with one.

### Amounts, times, ids
Money is a whole number in ISO 4217 minor units beside its `currency`: 2450 GBP are £24.50. Rates are in basis points:
1000 are 10 %. Times are UTC, `2026-11-16T18:22:05.120Z`. Ids are UUIDs.

### Lists
Lists give `items` and `next_cursor`: send it as `cursor` for the next page, until it is null. `limit` is at most 100.
A cursor belongs to its filter and sort. `sort` begins with `-` where the largest or newest come first.

### Repeating safely
Calls of carts, orders, money and stock, and others that name the header, take an `Idempotency-Key` of up to 255
visible characters: within 24 hours the same key with the same body gives the stored answer again and changes nothing;
with another body it is refused. Take a new key for every intent.

### Changes
`PATCH` changes the fields that are there. `expected_version` refuses the change when somebody else was quicker.

### Errors
Every refusal is `application/problem+json` (RFC 9457): `type` says which one, `detail` how to mend it, `errors` name
the fields that are wrong, and `correlation_id` (also in `X-Request-ID`) is what we find it by. Unknown fields and
unknown query parameters are refused. Something that belongs to somebody else is 404, as if it were not there.

### Limits
{rates.ANY_CALL.amount} calls a minute and caller; {rates.LOGIN.amount} sign-ins and {rates.REGISTER.amount} new
accounts a minute and address; {rates.MONEY_CALLS.amount} calls a minute for checkouts, payments and refunds. Beyond
that: 429 with `Retry-After` in seconds. Bodies have at most {BODY_LIMIT // _MIB} MiB.

### Clients
`make client` in the checkout writes a typed Python package of this document; every `operationId` is one function.
"""
TAGS = [
    {"name": "accounts", "description": "Registration, sign-in, one-time codes, the own account and its addresses."},
    {"name": "catalog", "description": "Products, their pictures, and categories."},
    {"name": "search", "description": "Products by words, and what else somebody may mean while typing."},
    {"name": "recommendations", "description": "Popular products, and those that go together or suit a shopper."},
    {"name": "cart", "description": "The shopper's cart and its coupon."},
    {"name": "orders", "description": "Checkout and the life of an order: cancelling, returns, complaints."},
    {"name": "payments", "description": "Payments, refunds, and what payment gateways tell."},
    {"name": "wallet", "description": "Money that shoppers keep with the platform."},
    {"name": "shipping", "description": "Rates, parcels and where they are, tariffs, and what carriers tell."},
    {"name": "reviews", "description": "What buyers say of what they bought."},
    {"name": "notifications", "description": "Messages: the inbox, preferences, and sending."},
    {"name": "sellers", "description": "Seller accounts."},
    {"name": "inventory", "description": "Stock, holds and the ledger of movements."},
    {"name": "promotions", "description": "Coupons, and discounts that apply by themselves."},
    {"name": "ledger", "description": "The books: entries, balances, statements, payouts."},
    {"name": "analytics", "description": "A dashboard's numbers from read models, and the core's side of the books."},
    {"name": "tracking", "description": "Clicks."},
    {"name": "keys", "description": "Keys by which sellers' own systems call the API."},
    {"name": "webhooks", "description": "Calls to sellers' own systems: signed, repeated until they are taken."},
    {"name": "operations", "description": "Health, and the trail of what operators did."},
]
