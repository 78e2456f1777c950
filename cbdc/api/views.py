"""The base of every REST view: no sessions, no forms, no browsable pages; JSON in and out."""

from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from cbdc.api.answers import JSON_TYPE, PROBLEM_TYPE
from cbdc.api.parsing import json_object, optional_json_object
from cbdc.api.schema import Schema

ACCEPT_LENGTH_MAX = 1024


class AcceptsJson(BaseContentNegotiation):
    """406 only for a caller who says that it takes none of what the view produces."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return None  # bodies are read by `cbdc.api.parsing` alone

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: Any = None
    ) -> tuple[BaseRenderer, str]:
        accept = str(request.META.get("HTTP_ACCEPT", "") or "*/*")
        view = (request.parser_context or {}).get("view")
        produces = getattr(view, "produces", JSON_TYPE)
        if not any(accepts(accept, one) for one in (produces, *getattr(view, "or_else", ()))):
            raise NotAcceptable
        return renderers[0], produces


def accepts(accept: str, produces: str) -> bool:
    """True if an Accept header (RFC 9110, 12.5.1) takes this media type or a problem."""
    group = produces.partition("/")[0]
    wanted = {"*/*", f"{group}/*", produces, PROBLEM_TYPE}
    for part in accept[:ACCEPT_LENGTH_MAX].lower().split(","):
        media, *parameters = [piece.strip() for piece in part.split(";")]
        if media in wanted and not any(_is_zero_weight(text) for text in parameters):
            return True
    return False


def _is_zero_weight(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return name.strip() == "q" and value.strip().rstrip("0").rstrip(".") in {"", "0"}


class ApiView(APIView):
    """A view authenticates, decodes, calls one service, encodes.

    It returns `answers.render(Answer(...))` or `idempotent(...)`, and raises `Problem`.
    A view that answers CSV says `produces = "text/csv"`; `or_else` names what it can be asked
    for instead.
    """

    produces = JSON_TYPE
    or_else: tuple[str, ...] = ()
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    parser_classes = ()
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = AcceptsJson
    metadata_class = None
    http_method_names = ["get", "head", "post", "put", "delete"]

    def json(self, schema: Schema) -> dict[str, Any]:
        """The body, which must be there, as the schema's values.

        Raises:
            Problem: payload_too_large, unsupported_media_type, malformed_request,
                validation_failed and its relatives.
        """
        return schema.parse(json_object(self.request))

    def optional_json(self, schema: Schema) -> dict[str, Any]:
        """As `json`; an empty body counts as `{}`."""
        return schema.parse(optional_json_object(self.request))
