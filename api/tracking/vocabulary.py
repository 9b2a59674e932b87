"""What a click may be called and may tell (requirements 15.2); what else a client sends along is left out."""

from streams.events.tracking import CLICK_NAMES

_PRODUCT = ("product_id", "seller_id", "price_minor", "currency")

PROPERTIES: dict[str, frozenset[str]] = {
    name: frozenset(properties)
    for names, properties in (
        (("Page Viewed",), ("path", "title")),
        (("Products Searched",), ("query_id", "query", "filters", "sort", "results", "source")),
        (("Product List Viewed", "Product List Filtered"), ("list_id", "category_id", "products", "filters", "sort")),
        (("Product Clicked",), (*_PRODUCT, "list_id", "position", "query_id")),
        (("Product Viewed",), (*_PRODUCT, "in_stock")),
        (("Product Added", "Product Removed"), (*_PRODUCT, "quantity", "cart_id", "query_id")),
        (("Cart Viewed",), ("cart_id", "lines", "value_minor", "currency")),
        (("Checkout Started", "Checkout Step Viewed", "Checkout Step Completed"), ("cart_id", "step")),
        (("Payment Info Entered",), ("cart_id", "payment_method")),
        (("Coupon Entered", "Coupon Applied", "Coupon Denied", "Coupon Removed"), ("cart_id", "reason")),
        (("Promotion Viewed", "Promotion Clicked"), ("promotion_id", "position")),
        (("Product Added to Wishlist", "Product Removed from Wishlist"), _PRODUCT),
        (("Product Shared", "Product Reviewed"), _PRODUCT),
        (("Signed Up", "Signed In"), ("method",)),
    )
    for name in names
}
NEED_PRODUCT = frozenset({"Product Clicked", "Product Viewed", "Product Added", "Product Removed"})
LIFTED = frozenset({*_PRODUCT, "quantity"})

assert set(PROPERTIES) == CLICK_NAMES  # noqa: S101 - a new name needs its properties here
