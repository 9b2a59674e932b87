"""Where orders of the Online Retail data set went: its country names as ISO 3166 numbers, used as province ids."""

from functools import cache

import msgspec

from api.history.service import Place

UNKNOWN = 999
COUNTRIES = {
    "Australia": 36, "Austria": 40, "Bahrain": 48, "Belgium": 56, "Bermuda": 60, "Brazil": 76, "Canada": 124,
    "Channel Islands": 830, "Cyprus": 196, "Czech Republic": 203, "Denmark": 208, "EIRE": 372, "Finland": 246,
    "France": 250, "Germany": 276, "Greece": 300, "Hong Kong": 344, "Iceland": 352, "Israel": 376, "Italy": 380,
    "Japan": 392, "Korea": 410, "Lebanon": 422, "Lithuania": 440, "Malta": 470, "Netherlands": 528, "Nigeria": 566,
    "Norway": 578, "Poland": 616, "Portugal": 620, "RSA": 710, "Saudi Arabia": 682, "Singapore": 702, "Spain": 724,
    "Sweden": 752, "Switzerland": 756, "Thailand": 764, "USA": 840, "United Arab Emirates": 784,
    "United Kingdom": 826,
}  # fmt: skip
CITY = 1  # the data sets tell no more than the country: one city stands for all of it
NOT_TOLD = "not told"


@cache
def place(country: str) -> Place:
    """The place that stands for a country, `999` for one that is not known."""
    province = COUNTRIES.get(country, UNKNOWN)
    address = {
        "label": "Import",
        "recipient": NOT_TOLD,
        "province_id": province,
        "city_id": CITY,
        "district_id": CITY,
        "subdistrict_id": CITY,
        "province_name": country or NOT_TOLD,
        "city_name": NOT_TOLD,
        "district_name": NOT_TOLD,
        "subdistrict_name": NOT_TOLD,
        "street": NOT_TOLD,
        "postal_code": NOT_TOLD,
    }
    return Place(province, CITY, msgspec.json.encode(address).decode())
