"""Makes of an uploaded file the sizes that pages show: read by content, turned upright, without any metadata."""

import struct
import zlib
from collections.abc import Mapping
from io import BytesIO

import msgspec
from PIL import ExifTags, Image, UnidentifiedImageError

from api.catalog.images.sizes import EDGES, Size
from api.errors import UnsupportedMediaType, ValidationFailed

FORMATS = ("JPEG", "PNG", "WEBP")
CONTENT_TYPE = "image/webp"
QUALITY = 82
MOST_PIXELS = 50_000_000
"""A small file can hold a huge picture: more than this is not decoded."""
TOO_LARGE = f"has more than {MOST_PIXELS:,} pixels"

_BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, struct.error, zlib.error,
    Image.DecompressionBombError,
)  # fmt: skip
"""What Pillow raises for files that are not what they say; it takes some of their numbers for granted."""
_TURNS: Mapping[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How a picture is to be turned, by the orientation that cameras note."""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture in all its sizes; width and height in pixels are those of the largest."""

    width: int
    height: int
    sizes: dict[Size, bytes]


def encoded(content: bytes) -> Picture:
    """The sizes of an uploaded picture, none larger than it was.

    Raises UnsupportedMediaType for what is no JPEG, PNG or WebP, ValidationFailed for one that is broken or too large.
    """
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise _refusal(TOO_LARGE)
            plain = _upright(opened).convert("RGBA" if opened.has_transparency_data else "RGB")
    except UnidentifiedImageError as error:
        raise UnsupportedMediaType("The file is no JPEG, PNG or WebP picture.") from error
    except Image.DecompressionBombError as error:
        raise _refusal(TOO_LARGE) from error
    except _BROKEN as error:
        raise _refusal("is a broken picture") from error
    sizes = {size: _scaled(plain, edge) for size, edge in EDGES.items()}
    largest = _fitted(plain, EDGES["large"])
    return Picture(width=largest[0], height=largest[1], sizes=sizes)


def _upright(opened: Image.Image) -> Image.Image:
    """The picture turned as its metadata says. What else stands there, however broken, is not even read."""
    turn = _TURNS.get(_orientation(opened))
    return opened if turn is None else opened.transpose(turn)


def _orientation(opened: Image.Image) -> int:
    try:
        noted = opened.getexif().get(ExifTags.Base.Orientation)
    except _BROKEN:
        noted = None
    return noted if isinstance(noted, int) else 1


def _refusal(message: str) -> ValidationFailed:
    return ValidationFailed(errors=[{"field": "body.file", "message": message, "code": "picture"}])


def _fitted(picture: Image.Image, edge: int) -> tuple[int, int]:
    scale = min(1.0, edge / max(picture.size))
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def _scaled(picture: Image.Image, edge: int) -> bytes:
    """A copy drawn anew: what else the file carried (place, camera, thumbnails) stays behind."""
    target = BytesIO()
    picture.resize(_fitted(picture, edge), Image.Resampling.LANCZOS).save(target, "WEBP", quality=QUALITY)
    return target.getvalue()
