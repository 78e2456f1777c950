"""POST /interbank/v1/messages."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from cbdc.api.parsing import SentHeaders, read_body
from cbdc.errors import ErrorCode, Problem
from cbdc.messaging.receive import receive


@csrf_exempt
def messages(request: HttpRequest) -> HttpResponse:
    """Take a signed batch of messages from an institution."""
    if request.method != "POST":
        raise Problem(ErrorCode.METHOD_NOT_ALLOWED, headers={"Allow": "POST"})
    answer = receive(
        method=request.method,
        path=request.path,
        headers=SentHeaders(request),
        body=read_body(request),
    )
    return HttpResponse(answer.body, status=answer.status, headers=dict(answer.headers))
