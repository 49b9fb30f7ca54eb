// A carrier made of the npm package smpp: one JSON object a line for all it sees, one a line for what it is to do.
//
//   {"kind": "say", "from": "8613…", "to": "10657000", "text": "…", "data_coding": 8}   a phone writes
//   {"kind": "enquire"}   {"kind": "unbind"}
'use strict';

const readline = require('readline');
const smpp = require('smpp');

const ACCOUNT = {system_id: 'a', password: 'secret08'};
const LONG_AGO = '2601011200';

function tell(kind, values) {
  process.stdout.write(JSON.stringify(Object.assign({kind}, values)) + '\n');
}

let current = null;
let count = 0;

function receipt(session, pdu, id) {
  session.deliver_sm({
    esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT,
    source_addr: pdu.destination_addr,
    source_addr_ton: pdu.dest_addr_ton,
    destination_addr: pdu.source_addr,
    data_coding: 0,
    short_message: `id:${id} sub:001 dlvrd:001 submit date:${LONG_AGO} done date:${LONG_AGO} stat:DELIVRD err:000 text:`,
    receipted_message_id: id,
    message_state: 2,
  }, (answer) => tell('receipt_answer', {id, command_status: answer.command_status}));
}

function bind(session, pdu) {
  const isKnown = pdu.system_id === ACCOUNT.system_id && pdu.password === ACCOUNT.password;
  tell('bind', {command: pdu.command, system_id: pdu.system_id, interface_version: pdu.interface_version, isKnown});
  if (!isKnown) {
    session.send(pdu.response({command_status: smpp.ESME_RBINDFAIL}));
    session.close();
    return;
  }
  current = session;
  session.send(pdu.response({system_id: 'NODE'}));
}

function submit(session, pdu) {
  const id = `n${(++count).toString(16).padStart(8, '0')}`;
  const text = pdu.short_message;
  tell('submit', {
    id,
    from: pdu.source_addr,
    to: pdu.destination_addr,
    dest_addr_ton: pdu.dest_addr_ton,
    text: text.message,
    udh: text.udh ? text.udh.map((element) => element.toString('hex')) : null,
    data_coding: pdu.data_coding,
    esm_class: pdu.esm_class,
    registered_delivery: pdu.registered_delivery,
    validity_period: pdu.validity_period,
  });
  session.send(pdu.response({message_id: id}));
  if (pdu.registered_delivery & 1) {
    receipt(session, pdu, id);
  }
}

const server = smpp.createServer((session) => {
  for (const command of ['bind_transceiver', 'bind_transmitter', 'bind_receiver']) {
    session.on(command, (pdu) => bind(session, pdu));
  }
  session.on('submit_sm', (pdu) => submit(session, pdu));
  session.on('enquire_link', (pdu) => {
    tell('enquire', {});
    session.send(pdu.response());
  });
  session.on('unbind', (pdu) => {
    tell('unbind', {});
    session.send(pdu.response());
    session.close();
  });
  session.on('unknown', (pdu) => tell('unknown', {command_id: pdu.command_id}));
  session.on('error', (error) => tell('error', {message: String(error)}));
  session.on('close', () => tell('close', {}));
});

const orders = {
  say(order) {
    current.deliver_sm({
      source_addr: order.from,
      destination_addr: order.to,
      data_coding: order.data_coding,
      short_message: order.text,
    }, (answer) => tell('say_answer', {text: order.text, command_status: answer.command_status}));
  },
  enquire() {
    current.enquire_link((answer) => tell('enquire_answer', {command_status: answer.command_status}));
  },
  unbind() {
    current.unbind((answer) => {
      tell('unbind_answer', {command_status: answer.command_status});
      current.close();
    });
  },
};

readline.createInterface({input: process.stdin})
  .on('line', (line) => {
    const order = JSON.parse(line);
    orders[order.kind](order);
  })
  .on('close', () => process.exit(0));

server.listen(0, '127.0.0.1', () => tell('listening', {port: server.address().port}));
