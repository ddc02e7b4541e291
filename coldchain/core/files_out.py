"""How a file that somebody handed in goes out again."""

from flask import Response

from coldchain.core import stored_files
from coldchain.core.stored_files import StoredFile


def answer(row: StoredFile, content: bytes, media_type: str) -> Response:
    """Return what was handed in so that it does nothing, whatever it is: its type said and not guessed, in a sandbox.

    A photograph is shown in the page, a PDF is saved: browsers' own viewers don't open one in a sandbox.
    """
    response = Response(content, content_type=media_type)
    how = "attachment" if media_type == stored_files.PDF else "inline"
    name = f"{row.sha256[:16]}.{stored_files.ENDINGS[media_type]}"
    response.headers["Content-Disposition"] = f'{how}; filename="{name}"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
