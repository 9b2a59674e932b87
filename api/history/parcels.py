"""The parcels of a past order, one a seller: sent, picked up and delivered at the order's own time."""

from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from api import ids
from api.history.batch import Batch
from api.history.past import Sold
from api.outbox import Fact
from streams.events import Item
from streams.events.orders import OrderDelivered, OrderProcessingStarted, OrderShipped
from streams.events.shipping import ShipmentCreated, ShipmentTracked

if TYPE_CHECKING:
    from api.history.sales import Sale

STEPS = (("picked_up", "pending"), ("delivered", "picked_up"))


class Parcel(msgspec.Struct, frozen=True):
    """What one seller sent of an order."""

    shipment_id: UUID
    seller_id: UUID
    lines: list[Sold]


def delivered(batch: Batch, sale: "Sale") -> list[Fact]:
    """The facts from the first parcel prepared to the last one delivered; the rows go into the batch."""
    parcels = _parcels(sale)
    for parcel in parcels:
        _store(batch, sale, parcel)
    prepared = OrderProcessingStarted(
        order_id=sale.order_id, shipment_ids=tuple(parcel.shipment_id for parcel in parcels)
    )
    facts = [Fact(_created(sale, parcel), 1) for parcel in parcels]
    facts.append(sale.next(prepared))
    for number, parcel in enumerate(parcels, start=1):
        facts += [Fact(_tracked(sale, parcel, *STEPS[0]), 2), sale.next(_shipped(sale, parcel, number == len(parcels)))]
    for number, parcel in enumerate(parcels, start=1):
        facts += [Fact(_tracked(sale, parcel, *STEPS[1]), 3), sale.next(_arrived(sale, parcel, number == len(parcels)))]
    return facts


def _parcels(sale: "Sale") -> list[Parcel]:
    by_seller: dict[UUID, list[Sold]] = {}
    for line in sale.sold:
        by_seller.setdefault(line.goods.seller_id, []).append(line)
    return [Parcel(sale.id_of("shipment", seller), seller, lines) for seller, lines in by_seller.items()]


def _created(sale: "Sale", parcel: Parcel) -> ShipmentCreated:
    units: dict[UUID, int] = {}
    for line in parcel.lines:
        units[line.goods.product_id] = units.get(line.goods.product_id, 0) + line.quantity
    return ShipmentCreated(
        shipment_id=parcel.shipment_id,
        order_id=sale.order_id,
        seller_id=parcel.seller_id,
        items=tuple(Item(product_id=product, quantity=quantity) for product, quantity in units.items()),
        province_id=sale.order.place.province_id,
        city_id=sale.order.place.city_id,
    )


def _tracked(sale: "Sale", parcel: Parcel, status: str, before: str) -> ShipmentTracked:
    return ShipmentTracked(
        shipment_id=parcel.shipment_id,
        order_id=sale.order_id,
        tracking_status=status,
        status_before=before,
        status_after=status,
        tracked_at=sale.order.at,
    )


def _shipped(sale: "Sale", parcel: Parcel, last: bool) -> OrderShipped:
    return OrderShipped(order_id=sale.order_id, shipment_id=parcel.shipment_id, fully_shipped=last)


def _arrived(sale: "Sale", parcel: Parcel, last: bool) -> OrderDelivered:
    return OrderDelivered(
        order_id=sale.order_id, shipment_id=parcel.shipment_id, delivered_at=sale.order.at, fully_delivered=last
    )


def _store(batch: Batch, sale: "Sale", parcel: Parcel) -> None:
    order, at = sale.order, sale.order.at
    batch.add(
        "shipments", parcel.shipment_id, sale.order_id, parcel.seller_id, "delivered", order.place.address_json,
        order.currency, at, at, 3, at, at,
    )  # fmt: skip
    for line in parcel.lines:
        batch.add("shipment_items", parcel.shipment_id, line.order_item_id, line.quantity)
    for status, _ in STEPS:
        batch.add("tracking_events", ids.new(), parcel.shipment_id, status, at)
