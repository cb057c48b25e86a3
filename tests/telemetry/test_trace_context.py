import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.telemetry.trace_context import TraceContext, read_traceparent, read_tracestate

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CONTEXT = TraceContext(bytes.fromhex(TRACE), bytes.fromhex(SPAN), is_sampled=True)


@pytest.mark.parametrize(
    ("value", "is_valid"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"00-{TRACE}-{SPAN}-03", True),
        (f"cc-{TRACE}-{SPAN}-01", True),
        (f"cc-{TRACE}-{SPAN}-01-what-the-future-brings", True),
        (f"00-{TRACE}-{SPAN}-01-more", False),
        (f"cc-{TRACE}-{SPAN}-01x", False),
        (f"ff-{TRACE}-{SPAN}-01", False),
        (f"00-{'0' * 32}-{SPAN}-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE.upper()}-{SPAN}-01", False),
        (f"00-{TRACE}-{SPAN}", False),
        (f"00-{TRACE}-{SPAN}-1", False),
        (f"00-{TRACE}-{SPAN}-01\n", False),
        (f"00-{TRACE}-{SPAN}-01, 00-{TRACE}-{SPAN}-01", False),
        ("", False),
    ],
)
def test_only_a_traceparent_in_the_form_of_the_standard_is_read(value: str, *, is_valid: bool) -> None:
    assert read_traceparent([value.encode()]) == (CONTEXT if is_valid else None)


def test_a_request_with_no_or_two_traceparents_has_no_context() -> None:
    value = CONTEXT.traceparent()
    assert read_traceparent([]) is None
    assert read_traceparent([value, value]) is None


@pytest.mark.parametrize(("flags", "is_sampled"), [("00", False), ("01", True), ("fe", False), ("ff", True)])
def test_only_the_last_bit_of_the_flags_asks_for_a_record(flags: str, *, is_sampled: bool) -> None:
    context = read_traceparent([f"00-{TRACE}-{SPAN}-{flags}".encode()])
    assert context is not None
    assert context.is_sampled is is_sampled


IDS = st.binary(min_size=16, max_size=16).filter(any), st.binary(min_size=8, max_size=8).filter(any)


@given(*IDS, st.booleans(), IDS[1])
def test_a_traceparent_that_the_gateway_writes_can_be_read(
    trace_id: bytes, span_id: bytes, is_sampled: bool, other: bytes
) -> None:
    context = TraceContext(trace_id, span_id, is_sampled)
    assert read_traceparent([context.traceparent()]) == context
    assert read_traceparent([context.traceparent(other)]) == context._replace(span_id=other)


@pytest.mark.parametrize(
    ("values", "passed"),
    [
        ([], b""),
        ([b"a=1"], b"a=1"),
        ([b"a=1,b=2"], b"a=1,b=2"),
        ([b"a=1 , ,\tb=2"], b"a=1,b=2"),
        ([b"a=1", b"b=2"], b"a=1,b=2"),
        ([b"1tenant@system=x y"], b"1tenant@system=x y"),
        ([b"a=1,a=2"], b""),
        ([b"A=1"], b""),
        ([b"a"], b""),
        ([b"a="], b""),
        ([b"a=b=c"], b""),
        ([b"a=\xff"], b""),
        ([b",".join(b"k%d=1" % number for number in range(32))], b",".join(b"k%d=1" % number for number in range(32))),
        ([b",".join(b"k%d=1" % number for number in range(33))], b""),
        ([b"a=" + b"x" * 256 + b",b=" + b"x" * 251], b"a=" + b"x" * 256 + b",b=" + b"x" * 251),
        ([b"a=" + b"x" * 256 + b",b=" + b"x" * 252], b""),
        ([b"a=" + b"x" * 257], b""),
    ],
)
def test_a_tracestate_is_passed_on_whole_or_not_at_all(values: list[bytes], passed: bytes) -> None:
    assert read_tracestate(values) == passed


@given(st.lists(st.binary(max_size=40), max_size=3))
def test_no_octets_of_a_caller_can_end_the_line(values: list[bytes]) -> None:
    assert not set(read_tracestate(values)) & set(b"\r\n\0")
