"""All tables of the core under one metadata, for migrations and tests."""

from api.carts import models as carts
from api.catalog import models as catalog
from api.columns import metadata
from api.complaints import models as complaints
from api.inventory import models as inventory
from api.keys import models as keys
from api.ledger import models as ledger
from api.notifications import models as notifications
from api.orders import models as orders
from api.payments import models as payments
from api.payouts import models as payouts
from api.platform import outbox
from api.promotions import models as promotions
from api.reviews import models as reviews
from api.sellers import models as sellers
from api.shipping import models as shipping
from api.tariffs import models as tariffs
from api.timeline import models as timeline
from api.users import models as users
from api.wallets import models as wallets
from api.webhooks import models as webhooks

__all__ = [
    "carts",
    "catalog",
    "complaints",
    "inventory",
    "keys",
    "ledger",
    "metadata",
    "notifications",
    "orders",
    "outbox",
    "payments",
    "payouts",
    "promotions",
    "reviews",
    "sellers",
    "shipping",
    "tariffs",
    "timeline",
    "users",
    "wallets",
    "webhooks",
]
