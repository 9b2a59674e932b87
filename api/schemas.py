"""Shapes that every domain's requests and answers share (requirements 1.2, R-API-3)."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar
from unicodedata import category, normalize

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    field_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError
from sqlalchemy import Row
from typing_extensions import TypedDict  # pydantic reads that of typing from Python 3.12 on only

from api.money import CURRENCIES

MAX_MINOR = 999_999_999_999
LARGEST = 2**53 - 1
"""What every reader of JSON holds to the unit (RFC 8259, 6): sums of prices, such as an order's total, go up to it."""
FIRST_DAY, LAST_DAY = datetime(1970, 1, 1, tzinfo=UTC), datetime(2299, 12, 31, tzinfo=UTC)
"""Every store holds moments between these; what follows from one, such as its end, still has a year of four digits."""
_UNSEEN = dict.fromkeys(
    (0xAD, 0x61C, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF), None
)
"""Soft hyphens, marks of a text's direction, and spaces without width; joiners within a word are letters' own."""
_AROUND = "".join(character for character in map(chr, range(0x3001)) if character.isspace()) + "\u200c\u200d"
_LINE_ENDS = "\u2028\u2029"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]")


def misfit(field: str, message: str, code: str = "value_error") -> PydanticCustomError:
    """What a rule over several fields of a model raises when it is one of them that the reader has to mend."""
    return PydanticCustomError(code, "{message}", {"message": message, "field": field})


class Body(BaseModel):
    """A request body: unknown fields are refused, numbers are not made out of texts."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Change(Body):
    """Fields of something to change: absent ones stay, and null clears those that `clears` names, no other."""

    clears: ClassVar[frozenset[str]] = frozenset()

    @field_validator("*", mode="before")
    @classmethod
    def _not_null(cls, value: object, field: ValidationInfo) -> object:
        if value is None and field.field_name not in cls.clears:
            raise ValueError("cannot be null; leave it out and it stays as it is")
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The schema of the body, null allowed where it clears."""
        told = handler.resolve_ref_schema(handler(core))
        for name, field in told["properties"].items():
            if name not in cls.clears:
                _without_null(field)
        return told


def _without_null(field: dict[str, Any]) -> None:
    field.pop("default", None)
    kinds = [kind for kind in field.pop("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        for name, value in kinds[0].items():
            field.setdefault(name, value)
    elif kinds:
        field["anyOf"] = kinds


class Answer(BaseModel):
    """An answer's body, readable from a row."""

    model_config = ConfigDict(from_attributes=True)


def _kept(value: object, check: ValidatorFunctionWrapHandler, *, besides: str = "") -> str:
    """The text as it is stored; its length is checked after NFC, which can make one character three."""
    text: str = check(normalize("NFC", value) if isinstance(value, str) else value)
    if any(category(character) in ("Cc", "Cs") and character not in besides for character in text):
        raise ValueError("must not contain control characters")
    return text


def _of_lines(value: object, check: ValidatorFunctionWrapHandler) -> str:
    return _kept(value, check, besides="\n\t")


def _on_one_line(value: object, check: ValidatorFunctionWrapHandler) -> str:
    """Without what nobody sees: with it two names look alike, run backwards, or are none."""
    text = _kept(value.translate(_UNSEEN).strip(_AROUND) if isinstance(value, str) else value, check)
    if any(separator in text for separator in _LINE_ENDS):
        raise ValueError("must stand on one line")
    return text


def _known_currency(value: str) -> str:
    if value not in CURRENCIES:
        raise ValueError("must be an ISO 4217 code such as GBP")
    return value


def _written_out(value: object) -> object:
    """A moment as RFC 3339 has it: a number may be of seconds or of milliseconds, nobody can tell."""
    if isinstance(value, datetime) or (isinstance(value, str) and _DATE.match(value)):
        return value
    raise ValueError("must be a time such as 2026-11-21T08:00:00Z")


def _within_days(value: datetime) -> datetime:
    if not FIRST_DAY <= value <= LAST_DAY:
        raise ValueError(f"must be between {FIRST_DAY.year} and {LAST_DAY.year}")
    return value


def _as_utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def in_words(message: str) -> WrapValidator:
    """Refuses a value that may be a text or else in these words, instead of once for each kind that it is not.

    What is wrong with a text is said as ever: that kind stands first.
    """

    def check(value: object, known: ValidatorFunctionWrapHandler) -> object:
        try:
            return known(value)
        except ValidationError as error:
            wrong = error.errors()[0]
            said = (wrong["type"], wrong["msg"]) if isinstance(value, str) else ("value_error", message)
            raise PydanticCustomError(said[0], "{said}", {"said": said[1]}) from error

    return WrapValidator(check)


Plain = WrapValidator(_on_one_line)
Lines = WrapValidator(_of_lines)
"""A text that may have several lines, and tabs."""
Text20 = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20), Plain]
Text50 = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50), Plain]
Text100 = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), Plain]
Text255 = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255), Plain]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=255), Lines]
Minor = Annotated[int, Field(strict=True, ge=0, le=MAX_MINOR, description="ISO 4217 minor units", examples=[1250])]
Total = Annotated[int, Field(strict=True, ge=0, le=LARGEST, description="ISO 4217 minor units", examples=[1250])]
Whole = Annotated[int, Field(strict=True)]
Version = Annotated[int, Field(strict=True, ge=1)]
"""Of a row as its caller read it (R-API-12)."""
Flag = Annotated[bool, Field(strict=True)]
"""In a body: true or false, no text or number that may mean it."""
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$"), AfterValidator(_known_currency)]
Moment = Annotated[
    datetime,
    PlainSerializer(_as_utc, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""A time in an answer: UTC with milliseconds and Z."""


Instant = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_within_days)]
"""A time in a request, with its offset from UTC."""


class CompleteUpTo(Answer):
    """Every fact of a transaction below `tx` is in the answer, as of the moment `at` (R-API-15)."""

    tx: int
    at: Moment


Place = Annotated[int, Field(strict=True, gt=0, le=2_147_483_647)]
"""A province, city, district or subdistrict by its number."""


class AddressFields(Body):
    """Where something goes."""

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


class AddressKept(TypedDict, total=False):
    """An address as an order and its parcels keep it; who sees the area alone gets the province and the city."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc] # what pydantic asks for, no key

    recipient: str | None
    phone: str | None
    label: str | None
    province_id: int | None
    city_id: int | None
    district_id: int | None
    subdistrict_id: int | None
    province_name: str | None
    city_name: str | None
    district_name: str | None
    subdistrict_name: str | None
    street: str | None
    postal_code: str | None


def columns(row: Row[tuple[object, ...]]) -> dict[str, object]:
    """A row as a dictionary, for answers made of several rows."""
    return dict(row._mapping)
