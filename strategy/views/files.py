"""Uploaded files."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse

from portal.methods import read_only
from strategy import uploads
from strategy.models import Page
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint
from strategy.views.pages import blocked


@read_only
def media(request: HttpRequest, name: str) -> HttpResponse:
    """
    An uploaded file, once an edition that has begun shows it. Its name is its hash, so it never changes; it may not be
    shown where no other edition shows it than those that may not be.
    """
    showing = Page.objects.begun().showing(name)
    if showing.readable().exists():
        return file_response(name)
    return not_shown(request, name)


def not_shown(request: HttpRequest, name: str) -> HttpResponse:
    """Why a file that no readable edition shows is not: 451, or 404 where no edition ever did."""
    found = Page.objects.begun().showing(name).with_block().first()
    if found is None:
        raise Http404
    return blocked(request, Surroundings.at(Viewpoint(request.LANGUAGE_CODE)), found.block_id)


def file_response(name: str) -> FileResponse:
    extension = name.rpartition(".")[2]
    try:
        content = uploads.storage().open(name)
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(content, content_type=uploads.TYPES[extension])
    response.headers["Content-Disposition"] = "attachment" if extension == "pdf" else "inline"
    # What stands between may not keep it for as long as a browser does: it can be blocked.
    response.headers["Cache-Control"] = "public, max-age=31536000, s-maxage=300, immutable"
    # Nothing in an uploaded file may run, should a browser show it as a page of its own.
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    return response
