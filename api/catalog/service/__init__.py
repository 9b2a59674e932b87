"""Products and categories."""

from api.catalog.service.categories import create_category
from api.catalog.service.products import change, create, remove, remove_all

__all__ = ["change", "create", "create_category", "remove", "remove_all"]
