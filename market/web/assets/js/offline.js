// A form that is sent without a network waits on its page.
let pressed = null;

function say(form) {
  const line = form.querySelector('[data-offline]') || form.appendChild(document.createElement('p'));
  line.className = 'err';
  line.setAttribute('role', 'status');
  line.dataset.offline = '';
  const kept = 'draft' in form.dataset ? '填的都存在手机里' : '还没交上去，这一页别关';
  line.textContent = document.documentElement.lang === 'en'
    ? 'No network. Keep this page open: it is sent later.'
    : `现在没有网。${kept}，有网了自己交上去。`;
}

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== 'post' || navigator.onLine !== false) return;
  event.preventDefault();
  // The main button has no name.
  pressed = event.submitter || form.querySelector('button:not([name])') || form.querySelector('button');
  say(form);
});
['online', 'pageshow', 'visibilitychange'].forEach((name) => window.addEventListener(name, () => {
  if (!pressed || navigator.onLine === false) return;
  const button = pressed;
  pressed = null;
  button.click();
}));
