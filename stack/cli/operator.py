"""`atlantic operator`: the first person of a fresh instance who may make categories and see the operations pages."""

import asyncio
from secrets import token_urlsafe
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.exc import OperationalError

from api import contacts, db
from api.errors import EmailTaken
from api.users import passwords, schemas
from api.users import service as users
from stack.cli.output import Json, fail, show_json
from stack.environment import addresses
from stack.home import Home

_email, _password = TypeAdapter(contacts.Email), TypeAdapter(schemas.Password)
ROLES = ("shopper", "operator", "admin")

Email = Annotated[str, typer.Argument(help="the address to sign in with")]
Password = Annotated[str, typer.Option(envvar="ATLANTIC_OPERATOR_PASSWORD", help="8 to 128 characters; made if absent")]


def command(email: Email, password: Password = "", as_json: Json = False) -> None:
    """Register an operator and print the password.

    Example: atlantic operator olive@example.com
    """
    try:
        address, secret = (
            _email.validate_python(email.strip()),
            _password.validate_python(password or token_urlsafe(12)),
        )
    except ValidationError as error:
        fail("; ".join(f"{item['msg'].removeprefix('Value error, ')}" for item in error.errors()))
    try:
        asyncio.run(_register(Home.from_environment(), address, secret))
    except EmailTaken:
        fail(f"{email} has an account already; an admin gives it roles")
    except OperationalError:
        fail("PostgreSQL does not answer: is the system up? (atlantic status)")
    answer = {"email": address, "password": secret, "roles": list(ROLES)}
    if as_json:
        show_json(answer)
    else:
        typer.echo(f"{address} may sign in as operator and admin with the password {secret}")


async def _register(home: Home, email: str, secret: str) -> None:
    pool = db.engine(addresses(home)["ATLANTIC_POSTGRES_DSN"], size=1)
    try:
        async with db.transaction(pool) as connection:
            await users.register(
                connection,
                email=email,
                password_hash=await passwords.hashed(secret),
                first_name="Atlantic",
                last_name="Operator",
                phone="+442079460000",
                roles=ROLES,
                email_verified=True,
            )
    finally:
        await pool.dispose()
