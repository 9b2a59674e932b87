"""What the examples tell: one shopper buys two teapots of one shop, sends one back, and every amount adds up.

`VALUES` are values of fields by schema and field; where a schema is not named, `WORDS` says what a field of that name
holds everywhere. `ANSWERS` are what single operations answer otherwise than their schema's example.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from api.reference.story import goods, numbers, orders, people, selling, steps
from api.reference.story.words import WORDS

Values = Mapping[str, Mapping[str, Any]]

VALUES: Values = MappingProxyType(
    {**people.VALUES, **goods.VALUES, **orders.VALUES, **selling.VALUES, **numbers.VALUES}
)
ANSWERS = steps.ANSWERS

__all__ = ["ANSWERS", "VALUES", "WORDS", "Values"]
