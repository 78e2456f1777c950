// An order while it is open: asks twice a second how it stands, and shows it without a reload.

import {POLL_MS, ask, deed, say} from './calls.js';

const FINAL = ['paid', 'refused', 'closed', 'expired'];
const order = document.getElementById('order');
const path = `/pos/calls/orders/${order.dataset.order}`;
const reason = document.getElementById('reason');
const cancel = document.getElementById('cancel');
const close = deed(`${path}/close`);
let ends = performance.now() + Number(order.dataset.seconds) * 1000;

cancel.addEventListener('click', async () => {
  cancel.disabled = true;
  const {ok, body} = await close({});
  cancel.disabled = false;
  if (ok) {
    show(body);
  } else if (body.code !== 'order_not_open') { // else it was just paid, as the next look tells
    say(reason, body.reason, 'bad');
  }
});

function show(body) {
  ends = performance.now() + body.seconds_left * 1000;
  if (body.status === order.dataset.status) {
    return;
  }
  order.dataset.status = body.status;
  document.getElementById('en').textContent = body.said.en;
  document.getElementById('zh').textContent = body.said.zh;
  document.getElementById('paid').textContent = body.paid ?? '';
  document.title = `¥${body.amount} · ${body.said.en}`;
  say(reason, body.reason, 'bad');
  if (FINAL.includes(body.status)) {
    document.getElementById('next').focus();
  }
}

async function look() {
  const answer = await ask(path);
  document.getElementById('offline').hidden = answer !== null;
  if (answer?.ok) {
    show(answer.body);
  }
  if (!FINAL.includes(order.dataset.status)) {
    setTimeout(look, POLL_MS);
  }
}

function tick() {
  const seconds = Math.max(0, Math.round((ends - performance.now()) / 1000));
  const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  document.getElementById('left').textContent = text;
  if (!FINAL.includes(order.dataset.status)) {
    setTimeout(tick, 250);
  }
}

tick();
if (!FINAL.includes(order.dataset.status)) {
  look();
} else {
  document.getElementById('next').focus();
}
