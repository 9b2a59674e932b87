"""What Streamlit runs for every page: the frame of the window, who is looking, and the pages that are theirs.

It stands among the pages and not above them: a folder `pages` beside the main script would be a menu of its own.
"""

from pathlib import Path
from uuid import UUID

import streamlit as st

from dashboards.current import require
from dashboards.data import Scope, ask
from dashboards.failures import UnansweredError

PAGES = Path(__file__).parent
ASSETS = PAGES.parent / "assets"
SIDEBAR_PIXELS = 208

st.set_page_config(
    page_title="Atlantic", page_icon=str(ASSETS / "icon.svg"), layout="wide", initial_sidebar_state=SIDEBAR_PIXELS
)
st.logo(str(ASSETS / "logo.svg"), icon_image=str(ASSETS / "icon.svg"), size="large")

identity = require()


def home() -> None:
    """The bare address: the first page that is theirs. (The gate sends documents there already.)"""
    st.switch_page(sections[next(iter(sections))][0])


def whose(seller_id: UUID) -> str:
    """The name of the shop whose numbers these are."""
    try:
        rows = ask(Scope("seller_pages", seller_id), "frame", "shop").rows
    except UnansweredError:
        return "Your shop"
    return "Your shop" if rows.empty else str(rows.iloc[0].display_name)


SHOP = [
    st.Page(PAGES / "today.py", title="Today", icon=":material/today:", url_path="today"),
    st.Page(PAGES / "sales.py", title="Sales", icon=":material/payments:", url_path="sales"),
]
OPERATIONS = [
    st.Page(PAGES / "pulse.py", title="Pulse", icon=":material/monitor_heart:", url_path="pulse"),
    st.Page(PAGES / "books.py", title="Books", icon=":material/account_balance:", url_path="books"),
]
sections = {
    **({"Your shop": SHOP} if identity.seller_id or not identity.operator else {}),
    **({"Operations": OPERATIONS} if identity.operator else {}),
}
START = st.Page(home, title="Atlantic", default=True, visibility="hidden")
page = st.navigation({"": [START], **sections}, expanded=True)
with st.sidebar:
    if identity.seller_id:
        st.text(whose(identity.seller_id))  # never as markdown: people choose the names of their shops
    st.html(
        '<a href="/signout" target="_self" style="color:inherit;text-decoration:none">Sign out</a>'
    )  # a link button would open another tab
page.run()
