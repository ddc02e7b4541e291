"""A file in a multipart request, as one field of a schema: `@blp.arguments(Schema, location="files")`."""

import hashlib
from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import FileStorage

from coldchain.core import limits
from coldchain.core.field_errors import refuse
from coldchain.core.fields import Field


class Handed:
    """What was handed in: its bytes. As text it is their hash, by which two requests are compared."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __str__(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


class Upload(Field):
    """A file of 1 byte to UPLOAD_BYTES; what it is, its content says."""

    json_format = "binary"

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Handed:
        if not isinstance(value, FileStorage):
            raise refuse("not_a_file", "This should be a file.")
        content = value.read(limits.UPLOAD_BYTES + 1)
        if not content:
            raise refuse("required", "This is needed.")
        if len(content) > limits.UPLOAD_BYTES:
            raise refuse("too_large", "At most {limit} MB.", limit=limits.UPLOAD_BYTES // 1024 // 1024)
        return Handed(content)
