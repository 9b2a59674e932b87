"""What a parcel costs follows from its weight and the tariffs alone (R-SHP-6)."""

from hypothesis import given
from hypothesis import strategies as st

from api.tariffs.costs import Tariff, options

TARIFFS = st.lists(
    st.builds(
        Tariff,
        carrier=st.sampled_from(["Royal Mail", "DHL"]),
        service=st.sampled_from(["Express", "Standard"]),
        base_minor=st.integers(0, 10_000),
        per_kg_minor=st.integers(0, 1_000),
        min_days=st.just(1),
        max_days=st.integers(1, 9),
    ),
    max_size=8,
)


@given(TARIFFS, st.integers(0, 200_000))
def test_each_service_stands_once_with_its_cheapest_tariff(tariffs: list[Tariff], grams: int) -> None:
    """Base + per kg x weight rounded up to full kilograms; the cheapest service first (R-SHP-6)."""
    kilograms = (grams + 999) // 1000
    found = options(tariffs, grams)
    assert [each.cost_minor for each in found] == sorted(each.cost_minor for each in found)
    assert len({each.code for each in found}) == len(found) == len({(t.carrier, t.service) for t in tariffs})
    for each in found:
        mine = [t for t in tariffs if (t.carrier, t.service) == (each.carrier, each.service)]
        assert each.cost_minor == min(t.base_minor + t.per_kg_minor * kilograms for t in mine)


@given(TARIFFS, st.integers(0, 200_000))
def test_the_order_of_tariffs_does_not_matter(tariffs: list[Tariff], grams: int) -> None:
    """Same input, same cost (R-SHP-6)."""
    assert options(tariffs, grams) == options(tariffs[::-1], grams)
