"""What is done with webhooks."""

from api.webhooks.causes import CAUSES
from api.webhooks.service.deliveries import claim, refused, resend, taken, tell, try_out, wanted
from api.webhooks.service.endpoints import change, create, remove

__all__ = ["CAUSES", "change", "claim", "create", "refused", "remove", "resend", "taken", "tell", "try_out", "wanted"]
