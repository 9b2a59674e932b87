"""The demo's people: twenty sellers who share the imported goods, an operator, an admin and a few shoppers."""

from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_urlsafe
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.sellers import service as sellers
from api.sellers.models import sellers as seller_table
from api.users import passwords
from api.users import service as users
from api.users.models import users as user_table
from stack.home import Home, private_file

DOMAIN = "atlantic.example"
PHONE = "+442079460000"
POUND_SELLERS = 12
SHOPS = (
    "Harbour Lane Gifts", "Teapot & Thistle", "The Paper Lantern", "Bramble Hill", "Copper Kettle Home",
    "Little Lighthouse", "Willow & Wick", "Penny Farthing", "Rosehip Cottage", "Marlow Street Market",
    "The Button Jar", "Foxglove & Fern", "Northgate Electronics", "Blue Mesa Supply", "Cedar Point Outfitters",
    "Lakeshore Living", "Summit Street Audio", "Prairie Home Goods", "Redwood Trading", "Harborview Mobile",
)  # fmt: skip
SHOPPERS = (
    ("Amelia", "Hart"), ("Noor", "Rahman"), ("Diego", "Luna"), ("Hana", "Sato"), ("Kwame", "Boateng"),
    ("Ines", "Costa"), ("Tom", "Fletcher"), ("Sofia", "Rossi"),
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in to the demo."""

    email: str
    first_name: str
    last_name: str
    roles: tuple[str, ...]
    works_on: str


def people() -> list[Person]:
    """Everybody who can sign in, operators first, then sellers by number, then shoppers."""
    staff = [
        Person(f"ops@{DOMAIN}", "Olive", "Marsh", ("shopper", "operator"), "operations: Pulse, Books"),
        Person(admin_email(), "Ada", "Wells", ("shopper", "operator", "admin"), "operations and roles"),
    ]
    owners = [
        Person(seller_email(number), "Seller", f"{number:02d}", ("shopper",), f"shop {slug(number)}: {SHOPS[number]}")
        for number in range(len(SHOPS))
    ]
    shoppers = [
        Person(shopper_email(number), first, last, ("shopper",), "shopping over the API")
        for number, (first, last) in enumerate(SHOPPERS)
    ]
    return [*staff, *owners, *shoppers]


def slug(number: int) -> str:
    """`demo-00` to `demo-19`."""
    return f"demo-{number:02d}"


def admin_email() -> str:
    """The demo admin's address."""
    return f"admin@{DOMAIN}"


def seller_email(number: int) -> str:
    """The address that a demo seller signs in with."""
    return f"seller-{number:02d}@{DOMAIN}"


def shopper_email(number: int) -> str:
    """The address that a demo shopper signs in with."""
    return f"shopper-{number:02d}@{DOMAIN}"


def password(home: Home) -> str:
    """What every demo account of this instance signs in with: made once, kept beside the other secrets."""
    path = home.secrets / "demo"
    if not path.exists():
        private_file(path, f"demo-{token_urlsafe(9)}")
    return path.read_text(encoding="utf-8")


async def ensure_sellers(connection: AsyncConnection, secret: str) -> dict[int, UUID]:
    """The demo sellers' ids by number; those that are missing open their accounts in this transaction."""
    await ensure_people(connection, [person for person in people() if person.works_on.startswith("shop ")], secret)
    known = await _sellers(connection)
    owners = await _users(connection, [seller_email(number) for number in range(len(SHOPS))])
    for number in range(len(SHOPS)):
        if slug(number) not in known:
            await _open_shop(connection, number, owners[seller_email(number)])
    known = await _sellers(connection)
    return {number: known[slug(number)] for number in range(len(SHOPS))}


async def ensure_people(connection: AsyncConnection, wanted: Sequence[Person], secret: str) -> None:
    """Register those who have no account yet, in this transaction."""
    known = await _users(connection, [person.email for person in wanted])
    for person in wanted:
        if person.email not in known:
            await users.register(
                connection,
                email=person.email,
                password_hash=await passwords.hashed(secret),
                first_name=person.first_name,
                last_name=person.last_name,
                phone=PHONE,
                roles=person.roles,
                email_verified=True,
            )


async def _open_shop(connection: AsyncConnection, number: int, owner: UUID) -> None:
    await sellers.create(
        connection,
        owner,
        display_name=SHOPS[number],
        currency="GBP" if number < POUND_SELLERS else "USD",
        slug=slug(number),
        legal_name=f"{SHOPS[number]} Ltd",
        contact_email=seller_email(number),
        contact_phone=PHONE,
    )


async def _users(connection: AsyncConnection, emails: Sequence[str]) -> dict[str, UUID]:
    query = select(user_table.c.email, user_table.c.id).where(user_table.c.email.in_(emails))
    return {row.email: row.id for row in await connection.execute(query)}


async def _sellers(connection: AsyncConnection) -> dict[str, UUID]:
    slugs = [slug(number) for number in range(len(SHOPS))]
    query = select(seller_table.c.slug, seller_table.c.id).where(seller_table.c.slug.in_(slugs))
    return {row.slug: row.id for row in await connection.execute(query)}
