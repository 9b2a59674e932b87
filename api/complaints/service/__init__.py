"""Takes complaints from opened to settled; every step holds the order's lock, and the reactor fulfils the verdict."""

from api.complaints.service.opening import change, complain
from api.complaints.service.verdicts import resolve, settle

__all__ = ["change", "complain", "resolve", "settle"]
