"""Everybody together: the state machine that Hypothesis drives, and that tests of single findings drive by hand."""

from hypothesis.stateful import rule

from tests import shop
from tests.core_machine.after_sale import AfterSale
from tests.core_machine.running import Running
from tests.core_machine.selling import ENDS, Selling
from tests.core_machine.shopping import METHOD, PRODUCTS, UNITS, Shopping
from tests.core_machine.steps import ONE_OF_THREE


class Machine(Shopping, Selling, AfterSale, Running):
    """Everybody, and what takes several of them."""

    @rule(who=ONE_OF_THREE, products=PRODUCTS, units=UNITS, method=METHOD, ends=ENDS)
    def sells(self, who: int, products: list[int], units: int, method: str, ends: list[str]) -> None:
        """An order that is paid and confirmed; its parcels leave and end, and only some of that is heard."""
        order = self.buy(self.core.people.shoppers[who], products, units, method, shop.APPROVED)
        if order:
            self.react()
            self.look()
            self.send(order, ends)
