// Checks guests' codes on this phone without a network, keeps what was checked, and uploads it once there is one.
const gate = document.querySelector('[data-gate]');
const form = gate.querySelector('form');
const said = gate.querySelector('[data-said]');
const list = gate.querySelector('[data-kept]');
const KEY = `gate:${document.body.dataset.owner || ''}`;
const KEPT_MS = 3 * 24 * 3600 * 1000;
const DAY_MS = 24 * 3600 * 1000;
const SHANGHAI_MS = 8 * 3600 * 1000;
const EPOCH_DAY = Date.UTC(2000, 0, 1) / DAY_MS;
const WORDS = {
  admitted: '报上去了，进店算数',
  again: '别的手机也核过，或者早就核过了',
  cancelled: '这一单已经退了，码不作数',
  outside: '不是这几天的码，不作数',
  wrong: '不是您家的码，不作数',
};
let data = JSON.parse(gate.dataset.gate);
let busy = false;

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY) || '[]').filter((scan) => !scan.outcome || Date.now() - scan.at < KEPT_MS);
  } catch (error) {
    return [];
  }
}

function write(scans) {
  try {
    localStorage.setItem(KEY, JSON.stringify(scans));
  } catch (error) {
    said.textContent = '手机存满了，这一位没有记下，请抄在纸上。';
  }
}

const clock = (at) => new Date(at).toLocaleString('zh-CN', { timeZone: 'Asia/Shanghai', hour12: false });
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const hex = (part) => Array.from(part).map((byte) => byte.toString(16).padStart(2, '0')).join('');

function show() {
  list.textContent = '';
  read().reverse().forEach((scan) => {
    const item = document.createElement('li');
    const others = (scan.others || []).map(clock).join('、');
    const state = scan.outcome ? WORDS[scan.outcome] : '没有网，有网了自己报上去';
    item.textContent = `${clock(scan.at)}　${scan.about}：${state}${others ? `（${others}）` : ''}`;
    list.appendChild(item);
  });
}

function tell(text, good) {
  said.textContent = text;
  said.className = good ? 'note ok' : 'note warn';
}

function keep(code, visit, about) {
  const part = crypto.getRandomValues(new Uint8Array(16));
  const digits = hex(part);
  const nonce = [0, 8, 12, 16, 20].map((from, at) => digits.slice(from, [8, 12, 16, 20, 32][at])).join('-');
  const scans = read();
  scans.push({ nonce, code, visit, about, at: Date.now() });
  write(scans);
  show();
}

async function verify(payload, signature) {
  const key = data.keys[hex(payload.slice(0, 4))];
  if (!key) return false;
  const known = await crypto.subtle.importKey('raw', bytes(key), { name: 'Ed25519' }, false, ['verify']);
  return crypto.subtle.verify({ name: 'Ed25519' }, known, signature, payload);
}

// What is wrong with a signed code, or an empty text; `visit` is filled with what the code states.
async function find_fault(code, visit) {
  const content = bytes(code.slice(4));
  const payload = content.slice(0, 30);
  const view = new DataView(payload.buffer);
  const today = Math.floor((Date.now() + SHANGHAI_MS) / DAY_MS) - EPOCH_DAY;
  visit.id = hex(payload.slice(14, 20));
  const first = view.getUint16(24);
  const last = view.getUint16(26);
  let checked = true;
  try {
    if (!(await verify(payload, content.slice(30)))) return '这不是真的码，不要让进。';
  } catch (error) {
    checked = false;
  }
  visit.checked = checked;
  if (data.producers.indexOf(view.getUint32(20)) < 0) return '这是别家的码。';
  if (data.revoked.indexOf(visit.id) >= 0) return '这一单退了，码作废了。';
  if (data.revoked.indexOf(`${visit.id}:${first}:${last}`) >= 0) return '这一单改了日子，这个码作废了，请客人打开订单出示新的。';
  if (today < first || today > last) return '不是今天的码，看看客人订的是哪天。';
  const before = read().filter((scan) => scan.visit === visit.id)[0];
  return before ? `这个码在这个手机上 ${clock(before.at)} 核过了。` : '';
}

async function check(text) {
  const code = text.trim();
  const visit = {};
  if (code.indexOf('XJ1.') === 0) {
    let fault = '';
    try {
      fault = await find_fault(code, visit);
    } catch (error) {
      fault = '码没有扫全，再扫一次。';
    }
    if (fault) return tell(fault, false);
    const about = data.expected[visit.id] || '客人';
    keep(code, visit.id, about);
    tell(visit.checked ? `对的，请进。${about}` : `记下了。这个手机验不了真假，有网了再核。${about}`, visit.checked);
  } else {
    const digits = code.replace(/\D/g, '');
    if (digits.length !== 8) return tell('码没写对：扫客人订单上的方块，或者写那 8 个数字。', false);
    keep(digits, digits, `码 ${digits.slice(0, 4)} ****`);
    tell('记下了，有网了再核真假。', false);
  }
  return upload();
}

async function send(scan) {
  const body = new URLSearchParams({ csrf: form.csrf.value, nonce: scan.nonce, code: scan.code, at: String(scan.at) });
  const answer = await fetch('/farm/gate/scans', { method: 'POST', body, credentials: 'same-origin' });
  if (answer.redirected || answer.status === 401 || answer.status === 403) {
    tell('登录过期了：登录以后再打开这一页，记下的都还在。', false);
    throw new Error('signed out');
  }
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function refresh() {
  const answer = await fetch('/farm/gate', { credentials: 'same-origin', cache: 'no-store' });
  if (!answer.ok || answer.redirected) return;
  const kept = await caches.open('gate-1');
  await kept.put('/farm/gate', answer.clone());
  const text = (await answer.text()).replace(/<style[^]*?<\/style>/g, '');
  const fresh = new DOMParser().parseFromString(text, 'text/html');
  const script = fresh.querySelector('script[src]');
  if (script) await kept.add(script.getAttribute('src'));
  data = JSON.parse(fresh.querySelector('[data-gate]').dataset.gate);
  gate.querySelector('[data-doubles]').innerHTML = fresh.querySelector('[data-doubles]').innerHTML;
  gate.querySelector('[data-ready]').hidden = false;
}

async function upload() {
  if (busy) return;
  busy = true;
  try {
    const waiting = read().filter((scan) => !scan.outcome);
    for (let at = 0; at < waiting.length; at += 1) {
      const result = await send(waiting[at]);
      write(read().map((scan) => (scan.nonce === waiting[at].nonce ? Object.assign(scan, result) : scan)));
      if (result.outcome !== 'admitted') tell(WORDS[result.outcome], false);
    }
    await refresh();
  } catch (error) {
    // Without a network the scans wait.
  }
  busy = false;
  show();
}

async function scan() {
  const video = gate.querySelector('video');
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  const detector = new window.BarcodeDetector({ formats: ['qr_code'] });
  video.srcObject = stream;
  video.hidden = false;
  await video.play();
  const look = async () => {
    const found = (await detector.detect(video))[0];
    if (!found) return setTimeout(look, 300);
    stream.getTracks().forEach((track) => track.stop());
    video.hidden = true;
    return check(found.rawValue);
  };
  return look();
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  check(form.code.value).then(() => {
    form.code.value = '';
  });
});
const camera = gate.querySelector('[data-camera]');
if ('BarcodeDetector' in window && navigator.mediaDevices) {
  camera.hidden = false;
  camera.addEventListener('click', () => scan().catch(() => tell('相机打不开，写那 8 个数字。', false)));
}
window.addEventListener('online', upload);
if ('serviceWorker' in navigator) navigator.serviceWorker.register('/farm/gate-worker.js', { scope: '/farm/gate' });
show();
upload();
