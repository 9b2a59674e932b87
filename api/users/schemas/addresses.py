"""Requests and answers of address books."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator

from api.schemas import Answer, Body, Moment, Text20, Text50, Text100, Text255

Place = Annotated[int, Field(strict=True, gt=0, le=2_147_483_647)]


class NewAddress(Body):
    """An address of the address book."""

    label: Text50 = Field(examples=["home"])
    province_id: Place = Field(examples=[31])
    city_id: Place = Field(examples=[3171])
    district_id: Place = Field(examples=[317101])
    subdistrict_id: Place = Field(examples=[31710101])
    province_name: Text100 = Field(examples=["Greater London"])
    city_name: Text100 = Field(examples=["London"])
    district_name: Text100 = Field(examples=["Camden"])
    subdistrict_name: Text100 = Field(examples=["Bloomsbury"])
    street: Text255 = Field(examples=["1 Great Russell Street"])
    postal_code: Text20 = Field(examples=["WC1B 3DG"])
    is_default: bool = False


class AddressChange(Body):
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
    is_default: bool | None = None

    @model_validator(mode="after")
    def _nothing_clears(self) -> "AddressChange":
        cleared = [name for name in self.model_fields_set if getattr(self, name) is None]
        if cleared:
            raise ValueError(f"cannot be null: {', '.join(sorted(cleared))}")
        return self


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
