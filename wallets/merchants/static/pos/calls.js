// How the cashier page's scripts call the bank: JSON, a CSRF token, one key for each deed.

const LOST = {en: 'No answer from the bank. Try again.', zh: '网络异常，请重试'};
const OLD = {en: 'Something went wrong. Load the page again.', zh: '出错了，请刷新页面'};
const TIMEOUT_MS = 15000;
export const POLL_MS = 500;

/** What the bank says to a GET; null when it does not answer. */
export async function ask(path) {
  return call(path, {method: 'GET'});
}

/**
 * A deed that is done once: the same body again, after an answer was lost, carries the same key.
 * Resolves to {ok, body}; a refusal has body.reason, in words.
 */
export function deed(path) {
  let key = '';
  let of = '';
  return async (body, at = path) => {
    const text = JSON.stringify(body);
    if (key === '' || of !== at + text) {
      key = newKey();
      of = at + text;
    }
    const answer = await call(at, {
      method: 'POST',
      body: text,
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': key,
        'X-CSRFToken': cookie('csrftoken'),
      },
    });
    if (answer === null) {
      return {ok: false, body: {reason: LOST}};
    }
    key = '';
    return answer;
  };
}

/** Show both languages in a line that is announced; hide it when there is nothing to say. */
export function say(line, said, tone = '') {
  line.hidden = said === null;
  line.classList.remove('bad', 'good', 'warn');
  line.replaceChildren();
  if (said === null) {
    return;
  }
  if (tone) {
    line.classList.add(tone);
  }
  const chinese = document.createElement('span');
  chinese.lang = 'zh-Hans';
  chinese.textContent = said.zh;
  line.append(`${said.en} `, chinese);
}

async function call(path, options) {
  let response;
  let body;
  try {
    response = await fetch(path, {...options, signal: AbortSignal.timeout(TIMEOUT_MS)});
    if (response.status >= 500) {
      return null;
    }
  } catch {
    return null;
  }
  if (response.status === 401) {
    location.assign('/pos/login');
    return new Promise(() => {}); // the page goes away
  }
  try {
    body = await response.json();
  } catch {
    body = {reason: OLD};
  }
  return {ok: response.ok, body};
}

/** 128 random bits; crypto.randomUUID is not there without TLS. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function cookie(name) {
  const found = document.cookie.split('; ').find((pair) => pair.startsWith(`${name}=`));
  return found ? found.slice(name.length + 1) : '';
}
