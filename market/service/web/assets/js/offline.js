// A form that is sent without a network waits on its page; one that is pressed twice is sent once.
const SENDING_MS = 20 * 1000;
let pressed = null;
let sent = null;
let sentAt = 0;

function say(form, chinese, english) {
  const line = form.querySelector('[data-offline]') || form.appendChild(document.createElement('p'));
  line.className = 'err';
  line.setAttribute('role', 'status');
  line.dataset.offline = '';
  line.textContent = document.documentElement.lang === 'en' ? english : chinese;
}

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== 'post') return;
  if (navigator.onLine === false) {
    event.preventDefault();
    // The main button has no name.
    pressed = event.submitter || form.querySelector('button:not([name])') || form.querySelector('button');
    const kept = 'draft' in form.dataset ? '填的都存在手机里' : '还没交上去，这一页别关';
    say(form, `现在没有网。${kept}，有网了自己交上去。`, 'No network. Keep this page open: it is sent later.');
  } else if (form === sent && Date.now() - sentAt < SENDING_MS && !('again' in form.dataset)) {
    event.preventDefault();
    say(form, '正在交，不用再按。', 'It is being sent; no need to press again.');
  } else {
    sent = form;
    sentAt = Date.now();
  }
});
['input', 'pageshow'].forEach((name) => window.addEventListener(name, () => { sent = null; }));
['online', 'pageshow', 'visibilitychange'].forEach((name) => window.addEventListener(name, () => {
  if (!pressed || navigator.onLine === false) return;
  const button = pressed;
  pressed = null;
  button.click();
}));
