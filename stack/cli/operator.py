"""`atlantic operator`: the first person of a fresh instance who may make categories and see the operations pages."""

import asyncio
from secrets import token_urlsafe
from typing import Annotated

import typer

from api import db
from api.errors import EmailTaken
from api.users import passwords
from api.users import service as users
from stack.cli.output import Json, show_json
from stack.environment import addresses
from stack.home import Home

ROLES = ("shopper", "operator", "admin")

Email = Annotated[str, typer.Argument(help="the address to sign in with")]
Password = Annotated[str, typer.Option(envvar="ATLANTIC_OPERATOR_PASSWORD", help="8 to 128 characters; made if absent")]


def command(email: Email, password: Password = "", as_json: Json = False) -> None:
    """Register an operator and print the password.

    Example: atlantic operator olive@example.com
    """
    secret = password or token_urlsafe(12)
    try:
        asyncio.run(_register(Home.from_environment(), email.strip().lower(), secret))
    except EmailTaken:
        typer.echo(f"error: {email} has an account already; an admin gives it roles", err=True)
        raise typer.Exit(1) from None
    answer = {"email": email, "password": secret, "roles": list(ROLES)}
    if as_json:
        show_json(answer)
    else:
        typer.echo(f"{email} may sign in as operator and admin with the password {secret}")


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
