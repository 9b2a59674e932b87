"""A crowd of shoppers at a rate of visits a second, and sellers who restock what runs low."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from itertools import count
from uuid import UUID, uuid4

import httpx
from atlantic_client.api.accounts import update_me
from atlantic_client.api.catalog import list_products
from atlantic_client.api.promotions import create_promotion
from atlantic_client.models import ListProductsSort, NewPromotion, PageProduct, Product, UserChange
from atlantic_client.types import UNSET, Unset

from stack.demo.accounts import SHOPPERS, admin_email, shopper_email
from stack.simulator.aftermath import Aftermath
from stack.simulator.errands.hands import Hands
from stack.simulator.errands.turns import Turns
from stack.simulator.merchants import Merchants
from stack.simulator.people import Lines, Person, RefusedError, key
from stack.simulator.scene import Scene
from stack.simulator.visit import COUPON, Visit

MOST_AT_ONCE = 16
NOBODY = "invalid-credentials"
"""How the API says that it does not know somebody."""
SHELF_SECONDS, EMPTY_SHELF_SECONDS = 60.0, 3.0
SHELF_PAGES = 5
REFILLED_AT_ONCE = 10
FINISH_SECONDS = 20.0
SIGNED_IN_AT_ONCE = 3
SIGN_IN_EVERY_SECONDS = 13.0  # logins are limited to 5 a minute and address
STEPS_A_VISIT = 2
MOST_AWAY = 2
"""How many at once have forgotten a cart."""
AWAY_TIMES_IDLE = 1.5
MISTYPE_EVERY_SECONDS = 900.0
SORTS: tuple[ListProductsSort, ...] = ("-created_at", "created_at")


class Crowd:
    """Shoppers, the products they look at, and what came of it in `tally`."""

    def __init__(self, scene: Scene, lines: Lines, tally: Counter[str]) -> None:
        self.scene, self._lines, self.tally = scene, lines, tally
        self._chance = random.Random(scene.seed)
        self._idle: asyncio.Queue[Person] = asyncio.Queue()
        self._shelves: list[list[Product]] = []
        self._shelved_at = float("-inf")
        self._merchants = Merchants(lines, self.tally, scene.password)
        self._after = Aftermath(self._merchants, self._chance, self.tally)
        self._restocked: set[UUID] = set()
        self._opened = False
        self._admin = Person(lines, tally, admin_email(), scene.password)
        self._errands = Turns(scene.errand_every_s)
        self._away: set[asyncio.Task[None]] = set()
        self._mistyped: Product | None = None
        self._typing_at = time.monotonic() + self.scene.mend_after_s

    async def run(self, seconds: float | None) -> Counter[str]:
        """Visits at the rate, for so long or until cancelled; each visit that began is finished."""
        arriving = asyncio.create_task(self._arrive())
        visits: set[asyncio.Task[None]] = set()
        try:
            async for _ in _ticks(1 / self.scene.rate, seconds):
                visits = {visit for visit in visits if not visit.done()}
                if len(visits) < MOST_AT_ONCE:
                    visits.add(asyncio.create_task(self._visit()))
                else:
                    self.tally["visits not begun: too many at once"] += 1
        finally:
            for task in (arriving, *self._away):
                task.cancel()
            if visits:
                anybody = self.tally["shoppers signed in"]  # else they wait for nobody
                _, waiting = await asyncio.wait(visits, timeout=FINISH_SECONDS if anybody else 0)
                for visit in waiting:
                    visit.cancel()
        return self.tally

    async def _arrive(self) -> None:
        """Shoppers sign in one after the other; who has no account opens one."""
        for _ in count():
            if await self._open_shop():
                break
            await asyncio.sleep(EMPTY_SHELF_SECONDS)
        for number, (first, last) in enumerate(SHOPPERS):
            person = Person(self._lines, self.tally, shopper_email(number), self.scene.password)
            wants_news = number % 2 == 0
            for _ in count():
                if await self._let_in(person, first, last, wants_news) or self.scene.registers:
                    break
                await asyncio.sleep(SIGN_IN_EVERY_SECONDS)
            await asyncio.sleep(0 if number < SIGNED_IN_AT_ONCE else SIGN_IN_EVERY_SECONDS)

    async def _let_in(self, person: Person, first: str, last: str, wants_news: bool) -> bool:
        try:
            try:
                await person.sign_in()
            except RefusedError as refused:
                if str(refused) != NOBODY or not self.scene.registers:
                    raise
                person.email = f"{uuid4()}@simulated.example"
                await person.register(first, last)
                self.tally["registered"] += 1
            wish = UserChange(marketing_consent=wants_news)
            await person.ask(update_me.asyncio_detailed(client=person.api, body=wish))
        except (RefusedError, httpx.HTTPError) as error:
            self.tally[f"not let in: {error or type(error).__name__}"] += 1
            return False
        self.tally["shoppers signed in"] += 1
        self._idle.put_nowait(person)
        return True

    async def _visit(self) -> None:
        person, stays_away = await self._idle.get(), False
        try:
            shelf = await self._shelf(person)
            if shelf:
                visit = Visit(person, shelf, self._chance, self.tally, follow=self._after.follow)
                await visit.run()
                stays_away = (
                    visit.left_a_cart and self._chance.random() < self.scene.forgets and len(self._away) < MOST_AWAY
                )
                await self._restock(shelf)
                await self._type_prices(shelf)
                for _ in range(STEPS_A_VISIT):
                    await self._after.step()
                await self._errands.take(self._hands(person, shelf))
            else:
                self.tally["visits to an empty shop"] += 1
        except (RefusedError, httpx.HTTPError) as error:
            self.tally[f"failed: {type(error).__name__}"] += 1
        finally:
            if stays_away:
                self._stay_away(person)
            else:
                self._idle.put_nowait(person)

    def _hands(self, shopper: Person, shelf: list[Product]) -> Hands:
        return Hands(shopper, shelf, self._merchants, self._admin, self._lines, self._chance, self.tally)

    def _stay_away(self, person: Person) -> None:
        """The cart is forgotten for a while; the shopper comes back to it some day."""

        async def come_back() -> None:
            await asyncio.sleep(AWAY_TIMES_IDLE * self.scene.cart_idle_s)
            self._idle.put_nowait(person)

        self.tally["carts forgotten"] += 1
        task = asyncio.create_task(come_back())
        self._away.add(task)
        task.add_done_callback(self._away.discard)

    async def _type_prices(self, shelf: list[Product]) -> None:
        """Now and then a demo seller mistypes a price, and mends it a minute later."""
        if time.monotonic() < self._typing_at:
            return
        self._typing_at, again = float("inf"), self.scene.mend_after_s  # one at a time
        try:
            if self._mistyped is None:
                wanted = self._chance.choice(shelf)
                self._mistyped = wanted if await self._merchants.mistype(wanted) else None
            else:
                await self._merchants.mend(self._mistyped)
                self._mistyped, again = None, MISTYPE_EVERY_SECONDS
        finally:
            self._typing_at = time.monotonic() + again

    async def _shelf(self, person: Person) -> list[Product]:
        """Products of one currency that are in stock, looked up again now and then."""
        if time.monotonic() - self._shelved_at > (SHELF_SECONDS if self._shelves else EMPTY_SHELF_SECONDS):
            self._shelved_at = time.monotonic()
            self._restocked.clear()
            if not self._opened:
                await self._open_shop()
            self._shelves = await self._look_up(person, in_stock=True)
            if not self._shelves:
                await self._refill(person)
        return self._chance.choice(self._shelves) if self._shelves else []

    async def _refill(self, person: Person) -> None:
        """Everything is sold out: the sellers see to a few products of each currency before somebody looks again."""
        for shelf in await self._look_up(person, in_stock=False):
            for product in shelf[:REFILLED_AT_ONCE]:
                await self._merchants.restock(product)

    async def _look_up(self, person: Person, *, in_stock: bool) -> list[list[Product]]:
        by_currency: dict[str, list[Product]] = {}
        for sort in SORTS:
            cursor: str | Unset | None = UNSET
            for _ in range(SHELF_PAGES):
                found = list_products.asyncio_detailed(
                    client=person.api, limit=100, in_stock=in_stock, sort=sort, cursor=cursor
                )
                page: PageProduct = await person.ask(found)
                for product in page.items:
                    by_currency.setdefault(product.currency, []).append(product)
                cursor = page.next_cursor
                if not cursor:
                    break
        return list(by_currency.values())

    async def _open_shop(self) -> bool:
        """The platform's coupon is there for the crowd to use, where the demo's admin is; whether the API answers.

        The admin may come after the crowd, whose processes are started before there are people.
        """
        admin = self._admin
        coupon = NewPromotion(
            code=COUPON, name="Ten percent to begin with", kind="percent", value_bp=1000, status="active",
            per_user_limit=1000,
        )  # fmt: skip
        try:
            await admin.sign_in()
            await admin.ask(create_promotion.asyncio_detailed(client=admin.api, body=coupon, idempotency_key=key()))
            self._opened = True
        except RefusedError as refused:
            self.tally[f"no new coupon: {refused}"] += 1
            self._opened = str(refused) != NOBODY
        except httpx.HTTPError:  # the API is only just starting
            return False
        return True

    async def _restock(self, shelf: list[Product]) -> None:
        """A demo seller looks after one product of the shelf, once until the shelf is looked up again."""
        product = self._chance.choice(shelf)
        if product.id not in self._restocked:
            self._restocked.add(product.id)
            await self._merchants.restock(product)


async def _ticks(every: float, seconds: float | None) -> AsyncIterator[float]:
    """A tick `every` so many seconds, until `seconds` are over; ticks that were missed are not made up for."""
    end = time.monotonic() + seconds if seconds is not None else float("inf")
    due = time.monotonic()
    while time.monotonic() < end:
        yield due
        due = max(due + every, time.monotonic())
        await asyncio.sleep(max(0.0, min(due, end) - time.monotonic()))
