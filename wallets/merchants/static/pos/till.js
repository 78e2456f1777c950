// The till: an amount by keypad or keyboard, then a QR code to show or a payment code to scan.

import {deed, say} from './calls.js';

const CODE_DIGITS = 20;
const TYPED = /^\d{0,10}(\.\d{0,2})?$/; // no QR code asks for more than 9,999,999,999.99 yuan
const CHARGING = {en: 'Paying…', zh: '正在收款'};
const MAKING = {en: 'One moment…', zh: '请稍候'};

const amount = document.getElementById('amount');
const description = document.getElementById('description');
const said = document.getElementById('said');
const show = document.getElementById('show');
const charge = document.getElementById('charge');
const code = document.getElementById('code');
const order = deed('/pos/calls/orders');
const take = deed('/pos/calls/charges');
let busy = false;

document.getElementById('keypad').addEventListener('click', ({target}) => {
  const key = target.closest('button')?.dataset.key;
  if (key) {
    amount.value = press(amount.value, key);
    say(said, null);
  }
});
// A key that is pressed leaves the cursor where a scanner or a keyboard types.
document.getElementById('keypad').addEventListener('pointerdown', (event) => event.preventDefault());

amount.addEventListener('input', () => say(said, null));
amount.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') {
    return;
  }
  event.preventDefault();
  if (!code) {
    show?.click();
    return;
  }
  const scanned = amount.value.slice(-CODE_DIGITS);
  if (/^\d{20}$/.test(scanned)) { // a scanner typed into the amount: no amount is that long
    amount.value = amount.value.slice(0, -CODE_DIGITS);
    code.value = scanned;
    charge.requestSubmit();
  } else {
    code.focus();
  }
});

show?.addEventListener('click', () => go(order, {}, MAKING, amount));

charge?.addEventListener('submit', (event) => {
  event.preventDefault();
  go(take, {payment_code: code.value.replace(/\s/g, '')}, CHARGING, code);
});

/** Do it and go to the order's page; or say why it was refused. */
async function go(verb, more, meanwhile, again) {
  if (busy) {
    return;
  }
  busy = true;
  document.body.setAttribute('aria-busy', 'true');
  say(said, meanwhile);
  const typed = {amount: amount.value.trim(), description: description.value.trim()};
  const {ok, body} = await verb({...typed, ...more});
  if (ok) {
    location.assign(`/pos/orders/${body.order_id}`);
    return;
  }
  busy = false;
  document.body.removeAttribute('aria-busy');
  say(said, body.reason, 'bad');
  const wrong = body.code === 'invalid_amount' ? amount : again;
  wrong.focus();
  wrong.select();
}

function press(text, key) {
  if (key === 'back') {
    return text.slice(0, -1);
  }
  const typed = (text === '0' && key !== '.' ? '' : text) + key;
  const whole = typed.startsWith('.') ? `0${typed}` : typed;
  return TYPED.test(whole) ? whole : text;
}

// Coming back with the browser's "back" shows the page as it was left.
window.addEventListener('pageshow', ({persisted}) => {
  if (persisted) {
    location.reload();
  }
});
