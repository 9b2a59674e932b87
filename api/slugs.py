"""Makes the part of an address that names a thing out of its name."""

import re
from unicodedata import normalize

from api import ids


def slug(name: str, limit: int = 90) -> str:
    """Lower-case ASCII words joined by hyphens; "item" when nothing is left."""
    ascii_name = normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:limit].strip("-") or "item"


def another(base: str) -> str:
    """The slug for a name whose own one is taken."""
    return f"{base[:82]}-{ids.new().hex[-8:]}"
