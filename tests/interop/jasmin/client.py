"""Jasmin's SMPP client (its connector without the broker behind it): binds, submits, prints one JSON object per PDU.

python client.py PORT '{"submits": [{...}], "deliveries": 2}'
"""

import json
import logging
import sys

from jasmin.protocols.smpp.configs import SMPPClientConfig
from jasmin.protocols.smpp.factory import SMPPClientFactory
from jasmin.protocols.smpp.operations import SMPPOperationFactory
from smpp.pdu.pdu_types import CommandId, CommandStatus, RegisteredDelivery, RegisteredDeliveryReceipt
from twisted.internet import defer, reactor

PORT, PLAN = int(sys.argv[1]), json.loads(sys.argv[2])
left = {"answers": len(PLAN["submits"]), "deliveries": PLAN["deliveries"]}
failed = []


def say(kind, **fields):
    print(json.dumps({"kind": kind, **fields}, default=str), flush=True)


def text(value):
    return value.decode("latin-1") if isinstance(value, bytes) else value


def delivered(smpp, pdu):
    """What a connector hands on to the broker."""
    if pdu.id is CommandId.deliver_sm:
        receipt = operations.isDeliveryReceipt(pdu)
        if receipt is not None:
            say("receipt", id=text(receipt["id"]), stat=text(receipt["stat"]))
        else:
            say("mo", text=text(pdu.params["short_message"]), sender=text(pdu.params["source_addr"]))
        left["deliveries"] -= 1
        leave()
    return CommandStatus.ESME_ROK


def answered(result):
    say("answer", status=result.response.status.name, message_id=text(result.response.params.get("message_id")))
    left["answers"] -= 1
    leave()


def leave():
    if left["answers"] <= 0 and left["deliveries"] <= 0:
        reactor.callLater(0, lambda: factory.disconnectAndDontRetryToConnect())


@defer.inlineCallbacks
def run():
    try:
        yield factory.connectAndBind()
        say("bound")
        for fields in PLAN["submits"]:
            octets = fields.pop("hex")
            pdu = operations.SubmitSM(
                source_addr="10657000",
                destination_addr="8613800138000",
                short_message=bytes.fromhex(octets),
                registered_delivery=RegisteredDelivery(RegisteredDeliveryReceipt.SMSC_DELIVERY_RECEIPT_REQUESTED),
                **fields,
            )
            factory.smpp.sendDataRequest(pdu).addCallback(answered)  # all parts of a long one
        yield factory.getExitDeferred()
    except Exception as error:
        failed.append(error)
        say("failed", error=repr(error))
    if reactor.running:
        reactor.stop()


config = SMPPClientConfig(
    id="hub",
    host="127.0.0.1",
    port=PORT,
    username="caiyou",
    password="secret08",
    log_level=logging.CRITICAL,
    log_file="/dev/null",
    bind_operation="transceiver",
    reconnectOnConnectionLoss=False,
    **PLAN.get("config", {}),
)
factory = SMPPClientFactory(config, msgHandler=delivered)
operations = SMPPOperationFactory(config)
reactor.callLater(20, lambda: (failed.append("no end"), reactor.stop()))
reactor.callWhenRunning(run)
reactor.run()
sys.exit(1 if failed else 0)
