// The day's list: a refund is typed, confirmed, done, and its end is waited for.

import {POLL_MS, ask, deed, say} from './calls.js';

const dialog = document.getElementById('refund');
const form = document.getElementById('refund-form');
const amount = document.getElementById('refund-amount');
const reason = document.getElementById('refund-reason');
const said = document.getElementById('refund-said');
const back = document.getElementById('refund-back');
const go = document.getElementById('refund-go');
const refund = deed('');
// What the dialog is at: typing, asking "sure?", waiting for the bank, done.
let step = 'typing';
let path = '';

for (const button of document.querySelectorAll('[data-refund]')) {
  button.addEventListener('click', () => {
    path = `/pos/calls/orders/${button.dataset.refund}/refunds`;
    document.getElementById('refund-number').textContent = button.dataset.number;
    document.getElementById('refund-left').textContent = button.dataset.left;
    amount.value = button.dataset.left;
    reason.value = '';
    turn('typing');
    say(said, null);
    dialog.showModal();
    amount.focus();
    amount.select();
  });
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (step === 'typing') {
    turn('sure');
    say(said, {
      en: `Give ¥${amount.value.trim()} back to the customer?`,
      zh: `确认退款 ¥${amount.value.trim()}？`,
    }, 'warn');
    go.focus();
  } else if (step === 'sure') {
    await giveBack();
  } else if (step === 'done') {
    location.reload();
  }
});

back.addEventListener('click', () => {
  if (step === 'sure') {
    turn('typing');
    say(said, null);
    amount.focus();
  } else {
    dialog.close();
  }
});

dialog.addEventListener('cancel', (event) => {
  if (step === 'waiting') {
    event.preventDefault();
  }
});
// What was done shows in the list.
dialog.addEventListener('close', () => step === 'done' && location.reload());

async function giveBack() {
  turn('waiting');
  say(said, {en: 'Refunding…', zh: '正在退款'});
  const {ok, body} = await refund({amount: amount.value.trim(), reason: reason.value.trim()}, path);
  if (!ok) {
    turn('typing');
    say(said, body.reason, 'bad');
    amount.focus();
    return;
  }
  turn('done');
  await follow(body);
}

/** Until the customer's bank has taken it, or has not; the dialog may be closed meanwhile. */
async function follow(refunded) {
  tell(refunded);
  while (refunded.status === 'pending' && dialog.open) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const answer = await ask(`/pos/calls/refunds/${refunded.refund_id}`);
    if (answer?.ok && answer.body.status !== 'pending') {
      refunded = answer.body;
      tell(refunded);
    }
  }
}

function tell({amount: sum, status, said: words, reason: why}) {
  const tones = {completed: 'good', pending: 'warn', rejected: 'bad'};
  const en = why ? `${words.en}: ${why.en}` : `${words.en}: ¥${sum}`;
  const zh = why ? `${words.zh} ${why.zh}` : words.zh;
  say(said, {en, zh}, tones[status]);
}

function turn(to) {
  step = to;
  amount.readOnly = reason.readOnly = to !== 'typing';
  go.disabled = to === 'waiting';
  back.hidden = to === 'waiting' || to === 'done';
  const texts = {
    typing: ['Refund', '退款'],
    sure: ['Yes, refund', '确认退款'],
    waiting: ['Refunding…', '退款中'],
    done: ['Done', '完成'],
  };
  say(go, {en: texts[to][0], zh: texts[to][1]});
}
