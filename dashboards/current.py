"""Who is looking, in this run of a page: asked anew on every run, from the cookies the browser sent."""

from functools import cache
from uuid import UUID

import streamlit as st

from dashboards.data import Scope
from dashboards.identity import Identity
from dashboards.sessions import Sessions, Tokens
from dashboards.settings import dashboard_settings


@cache
def sessions() -> Sessions:
    """The sessions of this process."""
    return Sessions(dashboard_settings())


def tokens() -> Tokens | None:
    """The tokens in the cookies of this page's connection."""
    settings, cookies = dashboard_settings(), st.context.cookies
    access = cookies.get(settings.access_cookie)
    return Tokens(access, cookies.get(settings.refresh_cookie, "")) if access else None


def identity() -> Identity | None:
    """Who is looking; None when nobody is signed in or the session is over."""
    held = tokens()
    found = sessions().current(held) if held else None
    return found[0] if found else None


def require() -> Identity:
    """Who is looking; ends the run with the way to sign in when nobody is."""
    found = identity()
    if found is None:
        st.subheader("Your session has ended", anchor=False)
        st.caption("Sign in again to see your pages. Nothing was lost.")
        st.html('<a href="/signin" target="_self">Sign in</a>')
        st.stop()
    return found


def core_parts() -> dict[str, str]:
    """How the core's parts are, asked in the name of who is looking."""
    held = tokens()
    found = sessions().current(held) if held else None
    return sessions().parts(found[1].access) if found else {}


def seller_scope() -> Scope:
    """The rows of the seller who is looking, by their verified token alone; ends the run for anybody else."""
    seller_id: UUID | None = require().seller_id
    if seller_id is None:
        st.warning("This account has no shop. Open one over the API: POST /v1/sellers.", title="No shop")
        st.stop()
    return Scope("seller_pages", seller_id)


def operator_scope() -> Scope:
    """All rows, for an operator; ends the run for anybody else."""
    if not require().operator:
        st.warning("These pages are for operations. Ask an admin for the role `operator`.", title="Not yours")
        st.stop()
    return Scope("operator_pages")
