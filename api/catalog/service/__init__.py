"""Products and categories."""

from api.catalog.service.categories import change_category, create_category, remove_category
from api.catalog.service.images import add_image, remove_image, require_room
from api.catalog.service.products import change, create, remove, remove_all
from api.catalog.service.ratings import note_rating

__all__ = [
    "add_image",
    "change",
    "change_category",
    "create",
    "create_category",
    "note_rating",
    "remove",
    "remove_all",
    "remove_category",
    "remove_image",
    "require_room",
]
