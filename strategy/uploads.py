"""
What staff upload: four types, decided by what the bytes are and never by a name, kept under a name made of their hash.

Pictures are drawn anew, which drops what hides in them (a place, a camera, a script after the last byte). A name that
is a hash means that a file named by a frozen edition can never be replaced.
"""

import hashlib
import re
import zlib
from io import BytesIO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
}
NAME = r"[0-9a-f]{64}\.(?:pdf|png|jpg|webp)"
MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 40_000_000

_EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}
# What makes a PDF act on its own when opened. An array is no action, but the place where reading begins.
_ACTIVE_PDF = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFile|OpenAction(?!\s*\[)|(?:JS|AA)[\s(<])")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_PACKED_OBJECTS = re.compile(rb"/ObjStm.{0,2000}?stream\r?\n", re.DOTALL)


class HashedStorage(FileSystemStorage):
    """Files named by their content: the same name is the same file, and none is ever overwritten."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: File) -> str:
        return name if self.exists(name) else super()._save(name, content)

    def url(self, name: str) -> str:
        """For the admin, where a file may not be public yet; public pages make their own (strategy.reading)."""
        return reverse("admin:strategy_node_media", args=[name])


def storage() -> HashedStorage:
    return HashedStorage()


def _named(content: bytes, extension: str) -> ContentFile:
    return ContentFile(content, name=f"{hashlib.sha256(content).hexdigest()}.{extension}")


def _read(upload: File) -> bytes:
    if upload.size > MAX_BYTES:
        raise ValidationError(_("The file is larger than 20 MB."), code="size")
    upload.seek(0)
    return upload.read()


def picture(upload: File) -> ContentFile:
    """The picture drawn anew, named by its hash. Raises ValidationError for anything but PNG, JPEG and WebP."""
    content = _read(upload)
    try:
        with Image.open(BytesIO(content), formats=list(_EXTENSIONS)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValidationError(_("The picture has more than 40 million pixels."), code="pixels")
            # A telephone's JPEG of several pictures is read as a format of its own.
            kind = "JPEG" if image.format == "MPO" else image.format
            image.load()
            drawn = BytesIO()
            upright = ImageOps.exif_transpose(image)
            if kind == "JPEG":
                clean = upright.convert("RGB")
            else:
                # What is transparent in a palette is said in `info`, which goes.
                clean = upright.convert("RGBA") if "transparency" in upright.info else upright
            clean.info = {}
            clean.save(drawn, kind, **({"quality": 88} if kind in ("JPEG", "WEBP") else {"optimize": True}))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValidationError(_("This is not a PNG, JPEG or WebP picture."), code="type") from error
    return _named(drawn.getvalue(), _EXTENSIONS[kind])


def _acts(pdf: bytes) -> bool:
    """Whether `pdf` acts on its own. Names may be written with escapes, and objects be packed. Raises zlib.error."""
    packed = (zlib.decompressobj().decompress(pdf[found.end() :], MAX_BYTES) for found in _PACKED_OBJECTS.finditer(pdf))
    return any(
        _ACTIVE_PDF.search(_ESCAPED.sub(lambda code: bytes([int(code[1], 16)]), part)) for part in (pdf, *packed)
    )


def document(upload: File) -> ContentFile:
    """A PDF as it is, or a picture drawn anew, named by its hash. Raises ValidationError for anything else."""
    content = _read(upload)
    if not content.startswith(b"%PDF-"):
        return picture(upload)
    if b"%%EOF" not in content[-2048:]:
        raise ValidationError(_("The PDF is incomplete."), code="type")
    try:
        acts = _acts(content)
    except zlib.error as error:
        raise ValidationError(_("The PDF can't be read."), code="type") from error
    if acts:
        raise ValidationError(_("The PDF contains a script or something else that runs when opened."), code="active")
    return _named(content, "pdf")
