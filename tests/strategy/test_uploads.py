"""What staff upload is what it says it is, carries nothing hidden, and keeps its name."""

import hashlib
import re
import zlib
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, PngImagePlugin

from strategy import uploads
from strategy.models import Illustration, RelatedMaterial

RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def upload(content: bytes, name: str = "fil.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def saved(image: Image.Image, kind: str, **options) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def drawing(size=(40, 20), mode="RGB") -> Image.Image:
    """Red to the left, green to the right, and a blue corner at the top left."""
    image = Image.new("RGB", size, RED)
    image.paste(GREEN, (size[0] // 2, 0, size[0], size[1]))
    image.paste(BLUE, (0, 0, size[0] // 4, size[1] // 4))
    return image.convert(mode)


def opened(file) -> Image.Image:
    file.seek(0)
    image = Image.open(BytesIO(file.read()))
    image.load()
    return image


def pdf_with(entry: bytes) -> bytes:
    return PDF.replace(b"/Pages 2 0 R", b"/Pages 2 0 R " + entry)


def near(one: tuple, other: tuple) -> bool:
    return all(abs(a - b) < 30 for a, b in zip(one, other, strict=False))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_picture_is_drawn_anew_under_the_name_of_its_hash(kind):
    file = uploads.picture(upload(saved(drawing(), kind), "../../etc/passwd.php"))
    assert re.fullmatch(uploads.NAME, file.name)
    assert file.name.split(".")[0] == hashlib.sha256(file.read()).hexdigest()
    image = opened(file)
    assert (image.format, image.size) == (kind, (40, 20))
    assert near(image.convert("RGB").getpixel((12, 15)), RED)
    assert near(image.convert("RGB").getpixel((30, 10)), GREEN)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_same_content_twice_has_the_same_name(kind):
    content = saved(drawing(), kind)
    one, other = (uploads.picture(upload(content, name)) for name in ("a.png", "b.gif"))
    assert one.name == other.name
    assert one.name != uploads.picture(upload(saved(drawing((42, 20)), kind))).name
    assert uploads.document(upload(PDF)).name == uploads.document(upload(PDF)).name


@pytest.mark.parametrize("take", [uploads.picture, uploads.document])
@pytest.mark.parametrize(
    "content",
    [
        SVG,
        b'<?xml version="1.0"?>' + SVG,
        HTML,
        b"",
        b"MZ\x90\x00" + bytes(100),
        saved(drawing(mode="P"), "GIF"),
        saved(drawing(), "BMP"),
        saved(drawing(), "TIFF"),
        saved(drawing(), "PNG")[:-40],
        saved(drawing(), "JPEG")[:300],
        saved(drawing(), "WEBP")[:60],
        b"GIF89a" + saved(drawing(), "PNG"),
        b"\x89PNG\r\n\x1a\n" + HTML,
    ],
    ids=["svg", "svg with a prolog", "html", "nothing", "program", "gif", "bmp", "tiff", "half a png", "half a jpeg",
         "half a webp", "gif and png", "html with a png's first bytes"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["bild.png", "fil.pdf"])
def test_what_is_no_picture_and_no_pdf_is_refused_whatever_it_is_called(take, content, name):
    with pytest.raises(ValidationError) as refused:
        take(upload(content, name))
    assert refused.value.code == "type"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_what_stands_after_a_picture_is_gone(kind):
    file = uploads.picture(upload(saved(drawing(), kind) + HTML + b"PK\x03\x04" + PDF))
    content = file.read()
    for hidden in (b"<script", b"PK\x03\x04", b"%PDF"):
        assert hidden not in content


def test_what_stands_in_a_pictures_margins_is_gone():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "<script>alert(1)</script>")
    content = saved(drawing(), "PNG", pnginfo=notes, icc_profile=b"profile of someone")
    assert b"<script" in content
    kept = uploads.picture(upload(content)).read()
    assert b"<script" not in kept
    assert set(re.findall(rb"IHDR|PLTE|tRNS|IDAT|IEND|tEXt|zTXt|iTXt|eXIf|iCCP", kept)) == {b"IHDR", b"IDAT", b"IEND"}
    content = saved(drawing(), "JPEG", comment=b"<script>alert(1)</script>", xmp=b"<x:xmpmeta>hemma</x:xmpmeta>")
    assert b"hemma" in content
    kept = uploads.picture(upload(content)).read()
    assert b"<script" not in kept
    assert b"hemma" not in kept


def exif(orientation: int = 1) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = "Kameran AB"
    tags.get_ifd(0x8825).update({1: "N", 2: (56.0, 1.0, 45.0), 3: "E", 4: (14.0, 9.0, 24.0)})
    return tags


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_where_a_picture_was_taken_is_gone(kind):
    content = saved(drawing(), kind, exif=exif())
    assert opened(BytesIO(content)).getexif().get_ifd(0x8825)
    file = uploads.picture(upload(content))
    assert b"Kameran" not in file.read()
    assert not opened(file).getexif()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (6, Image.Transpose.ROTATE_90),
        (7, Image.Transpose.TRANSVERSE),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_picture_that_lies_on_its_side_is_put_upright(kind, orientation, turn):
    lying = drawing((80, 48)).transpose(turn)
    image = opened(uploads.picture(upload(saved(lying, kind, exif=exif(orientation)))))
    assert image.size == (80, 48)
    found = [image.convert("RGB").getpixel(place) for place in ((4, 4), (4, 40), (76, 4))]
    assert all(near(colour, expected) for colour, expected in zip(found, (BLUE, RED, GREEN), strict=True))
    assert not image.getexif()


def test_palette_keeps_its_colours_and_what_is_transparent():
    flat = drawing(mode="P")
    kept = opened(uploads.picture(upload(saved(flat, "PNG")))).convert("RGB")
    assert kept.getpixel((30, 10)) == flat.convert("RGB").getpixel((30, 10))
    clear = flat.getpixel((30, 10))
    image = opened(uploads.picture(upload(saved(flat, "PNG", transparency=clear)))).convert("RGBA")
    assert image.getpixel((30, 10))[3] == 0
    assert image.getpixel((12, 15))[3] == 255


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_half_transparent_picture_stays_so(kind):
    image = drawing(mode="RGBA")
    image.putalpha(120)
    assert opened(uploads.picture(upload(saved(image, kind, lossless=True)))).getpixel((30, 10))[3] == 120


@pytest.mark.parametrize("mode", ["L", "LA", "1", "I;16"])
def test_grey_picture_is_taken(mode):
    image = Image.new("I;16", (40, 20), 30_000) if mode == "I;16" else drawing(mode=mode)
    assert opened(uploads.picture(upload(saved(image, "PNG")))).size == (40, 20)


def test_grey_with_one_transparent_shade_keeps_it():
    image = opened(uploads.picture(upload(saved(Image.new("L", (4, 4), 77), "PNG", transparency=77))))
    assert image.convert("RGBA").getpixel((0, 0))[3] == 0


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_jpeg_for_print_is_taken_in_screen_colours(mode):
    assert opened(uploads.picture(upload(saved(drawing(mode=mode), "JPEG")))).mode == "RGB"


def test_telephones_jpeg_of_several_pictures_keeps_the_first():
    content = saved(drawing(), "MPO", save_all=True, append_images=[Image.new("RGB", (40, 20), BLUE)])
    image = opened(uploads.picture(upload(content)))
    assert image.format == "JPEG"
    assert near(image.getpixel((30, 10)), GREEN)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_picture_that_unpacks_to_a_hundred_million_pixels_is_refused():
    content = saved(Image.new("1", (10_000, 10_000)), "PNG")
    assert len(content) < 100_000
    with pytest.raises(ValidationError) as refused:
        uploads.picture(upload(content))
    assert refused.value.code == "pixels"


def test_picture_that_says_it_is_far_larger_than_it_is_is_refused():
    content = bytearray(saved(drawing(), "PNG"))
    content[16:24] = (60_000).to_bytes(4) + (60_000).to_bytes(4)
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4)
    with pytest.raises(ValidationError):
        uploads.picture(upload(bytes(content)))


def test_file_that_is_too_large_is_refused_unread():
    file = upload(b"")
    file.size = uploads.MAX_BYTES + 1
    with pytest.raises(ValidationError) as refused:
        uploads.document(file)
    assert refused.value.code == "size"


# PDF


def packed(objects: bytes) -> bytes:
    """A PDF whose objects stand in a compressed stream, as newer programs write them."""
    body = zlib.compress(objects)
    head = b"5 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\r\n" % len(body)
    return PDF.replace(b"trailer", head + body + b"\nendstream\nendobj\ntrailer")


@pytest.mark.parametrize(
    "content",
    [
        PDF,
        pdf_with(b"/OpenAction [3 0 R /XYZ null null 0]"),
        packed(b"7 0 << /Type /Page >>"),
        pdf_with(b"/AAPL:Keywords 1"),
    ],
    ids=["plain", "that opens at a place", "packed", "with a name of its maker"],
)
def test_pdf_is_kept_as_it_is(content):
    file = uploads.document(upload(content, "beslut.exe"))
    assert file.read() == content
    assert file.name == f"{hashlib.sha256(content).hexdigest()}.pdf"


ACTIVE = [
    b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>",
    b"/OpenAction 7 0 R",
    b"/Names << /JavaScript 6 0 R >>",
    b"/Names << /J#61vaScript 6 0 R >>",
    b"/Names << /#4a#61#76#61#53#63#72#69#70#74 6 0 R >>",
    b"/A << /JS 6 0 R >>",
    b"/A << /JS<616c657274> >>",
    b"/A << /JS\n(alert) >>",
    b"/A << /S /Launch /F (cmd.exe) >>",
    b"/A << /S /L#61unch >>",
    b"/Names << /EmbeddedFiles 6 0 R >>",
    b"/Type /EmbeddedFile",
    b"/Type /Embedded#46ile",
    b"/AA << /O 7 0 R >>",
    b"/AA<< /O 7 0 R >>",
]


@pytest.mark.parametrize("entry", ACTIVE)
@pytest.mark.parametrize("put", [pdf_with, packed])
def test_pdf_that_acts_is_refused(entry, put):
    with pytest.raises(ValidationError) as refused:
        uploads.document(upload(put(entry), "fil.pdf"))
    assert refused.value.code == "active"


def test_pdf_that_is_not_whole_is_refused():
    broken = packed(b"7 0 << /Type /Page >>").replace(b"stream\r\nx", b"stream\r\ny")
    for content in (PDF[:-8], broken):
        with pytest.raises(ValidationError) as refused:
            uploads.document(upload(content, "fil.pdf"))
        assert refused.value.code == "type"


def test_pdf_is_no_illustration():
    with pytest.raises(ValidationError):
        uploads.picture(upload(PDF, "bild.png"))


def test_markup_with_a_pdfs_first_bytes_is_served_only_as_a_pdf():
    file = uploads.document(upload(b"%PDF-1.4\n" + HTML + b"\n%%EOF"))
    assert file.name.endswith(".pdf")


# Kept


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def test_picture_of_an_illustration_is_cleaned_and_measured(published, media):
    row = Illustration(node=published.about, image=upload(saved(drawing(), "JPEG", exif=exif(6))), decorative=True)
    row.full_clean()
    row.save()
    row.refresh_from_db()
    assert (row.width, row.height) == (20, 40)
    assert [path.name for path in media.iterdir()] == [row.image.name]
    assert b"Kameran" not in (media / row.image.name).read_bytes()


def test_bad_upload_is_refused_by_the_models(published, media):
    with pytest.raises(ValidationError):
        Illustration(node=published.about, image=upload(SVG), decorative=True).full_clean()
    with pytest.raises(ValidationError):
        RelatedMaterial(node=published.about, title="Fil", file=upload(HTML, "fil.pdf")).full_clean()
    assert list(media.iterdir()) == []


def test_file_that_is_there_is_never_written_again(published, media):
    for title in ("En", "Två"):
        row = RelatedMaterial(node=published.about, title=title, file=upload(PDF, "fil.pdf"))
        row.full_clean()
        row.save()
        (media / row.file.name).chmod(0o400)
        marked = (media / row.file.name).stat().st_mtime_ns
    assert len(list(media.iterdir())) == 1
    assert (media / row.file.name).stat().st_mtime_ns == marked
    assert published.about.related_material.values("file").distinct().count() == 1
