"""Keeping traces: spans by OpenTelemetry, sent over OTLP/HTTP. Imported only where an address for
them is set."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from leadflow.observability import spans, trace_context
from leadflow.observability.personal import without_personal_data
from leadflow.observability.spans import Attributes, Kind, Span

BEGIN_A_TRACE = ("request", "act")
KINDS = {
    "request": SpanKind.SERVER,
    "act": SpanKind.CONSUMER,
    "query": SpanKind.CLIENT,
    "call": SpanKind.CLIENT,
    "step": SpanKind.INTERNAL,
}
# Of what libraries tell of a span as it goes on, such as an error, its kind is kept.
TOLD = frozenset({"exception.type", "prefect.state.type", "prefect.state.name"})
_carrier = TraceContextTextMapPropagator()


def start(service: str, endpoint: str) -> None:
    """Send the spans of this process to ``{endpoint}/v1/traces``. How many of the traces are kept
    is said by ``OTEL_TRACES_SAMPLER``; all, unless it is set."""
    provider = TracerProvider(resource=Resource.create({"service.name": f"leadflow-{service}"}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(Discreet(exporter)))
    trace.set_tracer_provider(provider)
    tracer = provider.get_tracer("leadflow")

    def make(
        name: str, kind: Kind, attributes: Attributes, links: Sequence[str]
    ) -> AbstractContextManager[Span]:
        inside = trace.get_current_span().get_span_context().is_valid
        if not inside and kind not in BEGIN_A_TRACE:
            return nullcontext(spans.Nothing())
        return _piece(tracer, name, kind, attributes, inside, links)

    spans.make_spans_with(make, provider.force_flush)
    trace_context.let_spans_say(_of_current_span)


@contextmanager
def _piece(
    tracer: trace.Tracer,
    name: str,
    kind: Kind,
    attributes: Attributes,
    inside: bool,
    links: Sequence[str],
) -> Iterator[Span]:
    given = None if inside else trace_context.given()
    context = _carrier.extract({"traceparent": given}) if given else None
    others = [_link(one) for one in links]
    with tracer.start_as_current_span(
        name, context, KINDS[kind], dict(attributes), others, record_exception=False
    ) as piece:
        try:
            yield piece
        except Exception as error:
            piece.set_attribute("error.type", type(error).__name__)
            raise


def _link(traceparent: str) -> trace.Link:
    found = _carrier.extract({"traceparent": traceparent})
    return trace.Link(trace.get_current_span(found).get_span_context())


def _of_current_span() -> str | None:
    current = trace.get_current_span().get_span_context()
    if not current.is_valid:
        return None
    return f"00-{current.trace_id:032x}-{current.span_id:016x}-{current.trace_flags:02x}"


class Discreet(SpanExporter):
    """Hands spans on without what they might say about a person: libraries put the words of an
    error into theirs."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them."""
        return self._exporter.export([_discreet(one) for one in spans])

    def shutdown(self) -> None:
        """Send no more."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Send what has not been sent."""
        return self._exporter.force_flush(timeout_millis)


def _discreet(one: ReadableSpan) -> ReadableSpan:
    told = [
        Event(
            event.name,
            {name: value for name, value in (event.attributes or {}).items() if name in TOLD},
            event.timestamp,
        )
        for event in one.events
    ]
    failed = one.status.status_code is StatusCode.ERROR
    return ReadableSpan(
        name=without_personal_data(one.name),
        context=one.get_span_context(),
        parent=one.parent,
        resource=one.resource,
        attributes=_words(one.attributes or {}),
        events=told,
        links=one.links,
        kind=one.kind,
        status=Status(StatusCode.ERROR) if failed else one.status,
        start_time=one.start_time,
        end_time=one.end_time,
        instrumentation_scope=one.instrumentation_scope,
    )


def _words(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: without_personal_data(value) if isinstance(value, str) else value
        for name, value in attributes.items()
    }
