"""Requests and answers of address books."""

from uuid import UUID

from pydantic import Field

from api.schemas import AddressFields, Answer, Change, Flag, Moment, Place, Text20, Text50, Text100, Text255


class NewAddress(AddressFields):
    """An address of the address book."""

    label: Text50 = Field(examples=["home"])
    is_default: Flag = False


class AddressChange(Change):
    """Fields of an address to change; absent ones stay."""

    label: Text50 | None = None
    province_id: Place | None = None
    city_id: Place | None = None
    district_id: Place | None = None
    subdistrict_id: Place | None = None
    province_name: Text100 | None = None
    city_name: Text100 | None = None
    district_name: Text100 | None = None
    subdistrict_name: Text100 | None = None
    street: Text255 | None = None
    postal_code: Text20 | None = None
    is_default: Flag | None = None


class Address(Answer):
    """An address of the address book."""

    id: UUID
    label: str
    province_id: int
    city_id: int
    district_id: int
    subdistrict_id: int
    province_name: str
    city_name: str
    district_name: str
    subdistrict_name: str
    street: str
    postal_code: str
    is_default: bool
    created_at: Moment
    updated_at: Moment


class Addresses(Answer):
    """The address book, the default first."""

    items: list[Address]
