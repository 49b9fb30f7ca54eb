"""SOAP around a message of MM7: who asks under which transaction, and what (SOAP 1.1; 3GPP TS 23.140 8.7.8). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.core.errors import MalformedPdu
from mms.codec.mm7 import grammar
from mms.codec.mm7.dialect import NAMESPACES, SOAP, Dialect
from mms.codec.mm7.elements import MAX_TEXT, Writer
from mms.codec.mm7.markup import Element, escape
from mms.codec.mm7.messages import Fault, Message, Response
from mms.codec.mm7.values import Status
from mms.content import Body

#: Characters of a transaction id; centres are seen with 36.
MAX_TRANSACTION: Final = 255

#: What stands for a status when a fault says none (SOAP 1.1 section 4.4.1).
_BY_FAULT: Final = {"client": 2000, "server": 3000, "versionmismatch": 4002, "mustunderstand": 4003}
_ERRORS: Final = ("RSErrorRsp", "VASPErrorRsp", "MM7RSErrorRsp", "MM7VASPErrorRsp")


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message, the transaction it belongs to, and the content it brings."""

    transaction_id: str
    message: Message
    body: Body | None = None
    #: Of the elements, as they came; "" when they are written.
    namespace: str = ""

    @property
    def is_answer(self) -> bool:
        """Whether it answers a request."""
        return isinstance(self.message, Response | Fault)


def read_envelope(root: Element, dialect: Dialect) -> Envelope:
    """The envelope of a document, without content. Raises MalformedPdu when there is no message of MM7 in it."""
    transaction = root.find("TransactionID")
    identifier = transaction.text[:MAX_TRANSACTION] if transaction is not None else ""
    body = root.child("Body") if root.name == "Envelope" else root
    fault = (body if body is not None else root).find("Fault")
    if fault is not None:
        error = fault.find(*_ERRORS)
        return Envelope(identifier, _read_fault(fault, error, dialect), None, error.namespace if error else "")
    found = (body if body is not None else root).find(*grammar.message_names(), *_ERRORS)
    if found is None:
        raise MalformedPdu("there is no message of MM7 in it", field=root.name[:80])
    message = _read_fault(found, found, dialect) if found.name in _ERRORS else grammar.read_message(found, dialect)
    namespace = found.namespace or (transaction.namespace if transaction is not None else "")
    return Envelope(identifier, message, None, namespace)


def write_envelope(envelope: Envelope, dialect: Dialect) -> bytes:
    """The document, in the charset of the dialect. Raises NotEncodable."""
    soap = dialect.soap_prefix
    message = envelope.message
    out = Writer(dialect)
    out.pieces.append(
        f'<?xml version="1.0" encoding="{dialect.charset.upper()}"?>\n<{soap}:Envelope xmlns:{soap}="{SOAP}">'
        f"<{soap}:Header>{_transaction(envelope, dialect)}</{soap}:Header><{soap}:Body>"
    )
    namespace = f' xmlns{":" + dialect.prefix if dialect.prefix else ""}="{dialect.namespace}"'
    if isinstance(message, Fault):
        name = dialect.vasp_error if message.by_vasp else "RSErrorRsp"
        words = escape(message.fault_text or message.status.text)
        out.pieces.append(
            f"<{soap}:Fault><faultcode>{soap}:{escape(message.fault_code)}</faultcode>"
            f"<faultstring>{words}</faultstring><detail>"
        )
    else:
        name = type(message).__name__
    out.open(name, namespace)
    grammar.write_fields(out, message)
    out.close(name)
    out.pieces.append(f"</detail></{soap}:Fault>" if isinstance(message, Fault) else "")
    out.pieces.append(f"</{soap}:Body></{soap}:Envelope>")
    return "".join(out.pieces).encode(dialect.charset, "xmlcharrefreplace")


def is_known_version(envelope: Envelope) -> bool:
    """Whether we speak the release it is written in: 5 or 6, or nothing is said of it.

    The number behind it is of no account: centres invent some (REL-6-MM7-6-7, version 6.7.0).
    """
    version = getattr(envelope.message, "version", "")
    release = envelope.namespace.removeprefix(NAMESPACES)
    if release.startswith(("REL-5-", "REL-6-")):
        return True
    return not version or version.strip()[:2] in ("5.", "6.", "5", "6")


def _transaction(envelope: Envelope, dialect: Dialect) -> str:
    prefix = dialect.header_prefix
    name = f"{prefix}:TransactionID" if prefix else "TransactionID"
    declared = f' xmlns{":" + prefix if prefix else ""}="{dialect.namespace}"'
    if not envelope.is_answer or dialect.must_understand_in_answers:
        declared += f' {dialect.soap_prefix}:mustUnderstand="1"'
    return f"<{name}{declared}>{escape(envelope.transaction_id)}</{name}>"


def _read_fault(fault: Element, error: Element | None, dialect: Dialect) -> Fault:
    code = fault.child("faultcode", "Code")
    words = fault.child("faultstring", "Reason")
    fault_code = (code.text.rpartition(":")[2] if code is not None else "")[:40] or "Client"
    fault_text = words.text[:MAX_TEXT] if words is not None else ""
    values = grammar.read_fields(error, Fault, dialect) if error is not None else {}
    if not values.get("status") or not values["status"].code:
        values["status"] = Status(_BY_FAULT.get(fault_code.partition(".")[0].lower(), 2000), fault_text)
    by_vasp = error is not None and "VASP" in error.name
    return Fault(**values, fault_code=fault_code, fault_text=fault_text, by_vasp=by_vasp)
