// An ESME of node-smpp: binds, submits what it is told, prints one JSON object for every PDU it gets.
// node client.js PORT '{"bind": "bind_transceiver", "submits": [{…}], "deliveries": 2}'
const smpp = require('smpp');

const [port, told] = process.argv.slice(2);
const plan = JSON.parse(told);
const say = (kind, pdu) => {
  const shown = { ...pdu };
  if (shown.short_message && shown.short_message.message !== undefined) {
    shown.udh = shown.short_message.udh;
    shown.short_message = shown.short_message.message;
  }
  console.log(JSON.stringify({ kind, ...shown }));
};
const give_up = setTimeout(() => { console.error('no end'); process.exit(1); }, 20000);

const session = smpp.connect({ url: `smpp://127.0.0.1:${port}` });
let deliveries = 0;
let answers = 0;

const leave = () => {
  if (answers < plan.submits.length || deliveries < plan.deliveries) return;
  session.enquire_link((pdu) => {
    say('alive', pdu);
    session.unbind((last) => {
      say('unbound', last);
      session.close();
      clearTimeout(give_up);
    });
  });
};

session.on('error', (error) => { console.error(error.message); process.exit(1); });
session.on('deliver_sm', (pdu) => {
  say('delivery', pdu);
  session.send(pdu.response());
  deliveries += 1;
  leave();
});
session.on('connect', () => {
  session[plan.bind]({ system_id: 'caiyou', password: plan.password || 'secret08' }, (pdu) => {
    say('bound', pdu);
    if (pdu.command_status) {
      session.close();
      clearTimeout(give_up);
      return;
    }
    for (const submit of plan.submits) {
      if (submit.message_payload) submit.message_payload = { message: submit.message_payload };
      session.submit_sm(submit, (answer) => { say('answer', answer); answers += 1; leave(); });
    }
  });
});
