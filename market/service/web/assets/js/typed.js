// Fills in what an official had typed when the session had ended: this tab alone keeps it, until its page is open again.
const KEY = 'typed';
const SKIP = /^(file|hidden|password|submit|button)$/;
const here = window.location.pathname + window.location.search;
const owner = document.body.dataset.owner || '';
const forms = () => Array.from(document.querySelectorAll('form[method=post]'));
const fields = (form) => Array.from(form.elements).filter((el) => el.name && !SKIP.test(el.type));
const ticked = (el) => el.type === 'radio' || el.type === 'checkbox';

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) || {};
  } catch (error) {
    return {};
  }
}

function write(kept) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(kept));
  } catch (error) {
    // A full storage must not stop the form.
  }
}

function restore(form, typed) {
  fields(form).forEach((el, at) => {
    if (!typed[at] || typed[at][0] !== el.name) return;
    if (ticked(el)) el.checked = typed[at][1];
    else el.value = typed[at][1];
  });
  const line = document.createElement('p');
  line.className = 'hint';
  line.setAttribute('role', 'status');
  line.textContent = `登录前写的填回来了，看一遍再交。${form.querySelector('input[type=file]') ? '选过的文件要再选一次。' : ''}`;
  form.insertBefore(line, form.firstChild);
}

const kept = read();
if (document.querySelector('[data-signed-out]')) {
  if (kept.typed) write(Object.assign(kept, { ended: true }));
} else {
  write({});
  const form = kept.ended && kept.owner === owner && kept.page === here && forms()[kept.at];
  if (form && form.getAttribute('action') === kept.action) restore(form, kept.typed);
}
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post') return;
  const typed = fields(form).map((el) => [el.name, ticked(el) ? el.checked : el.value]);
  write({ owner, page: here, at: forms().indexOf(form), action: form.getAttribute('action'), typed });
});
