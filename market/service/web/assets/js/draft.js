// Keeps what is typed in <form data-draft="name"> for this account (<body data-owner>), until taken.js deletes it.
const OWNER = `draft:${document.body.dataset.owner || ''}:`;
const PHOTO = '#photo';
const MOST_PHOTO_BYTES = 300 * 1024;
const KEPT_MS = 7 * 24 * 3600 * 1000;
const SKIP = /^(file|hidden|password|submit|button)$/;

function forget(key) {
  try {
    localStorage.removeItem(key);
  } catch (error) {
    // Nothing was kept.
  }
}

function read(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(key));
    return kept && Date.now() - kept.at < KEPT_MS ? kept : {};
  } catch (error) {
    return {};
  }
}

function write(key, kept) {
  try {
    localStorage.setItem(key, JSON.stringify(Object.assign(kept, { at: Date.now() })));
  } catch (error) {
    // A full storage must not stop the typing.
  }
}

function fields(form) {
  return Array.from(form.elements).filter((el) => el.name && !SKIP.test(el.type) && !('code' in el.dataset));
}

const ticked = (el) => el.type === 'radio' || el.type === 'checkbox';

function changed(el) {
  if (ticked(el)) return el.checked !== el.defaultChecked;
  if (el.tagName !== 'SELECT') return el.value !== el.defaultValue;
  const first = Array.from(el.options).filter((option) => option.defaultSelected)[0] || el.options[0];
  return Boolean(first) && el.value !== first.value;
}

function keep(form, key) {
  const typed = read(key).typed || {};
  const all = fields(form);
  all.filter((el) => changed(el) || el.name in typed).forEach((el) => {
    typed[el.name] = ticked(el)
      ? all.filter((other) => other.name === el.name && other.checked).map((other) => other.value)
      : el.value;
  });
  write(key, { typed });
}

// What was typed wins; an untouched field stays as the server wrote it.
function restore(form, key) {
  const typed = read(key).typed || {};
  fields(form).filter((el) => el.name in typed).forEach((el) => {
    if (ticked(el)) el.checked = typed[el.name].indexOf(el.value) >= 0;
    else el.value = typed[el.name];
    const fold = changed(el) && el.closest('details');
    if (fold) fold.open = true;
  });
}

function keepPhoto(input, key) {
  const file = input.files[0];
  if (!file || file.size > MOST_PHOTO_BYTES) {
    forget(key + PHOTO);
    return;
  }
  const reader = new FileReader();
  reader.onload = () => write(key + PHOTO, { name: file.name, data: reader.result });
  reader.readAsDataURL(file);
}

function restorePhoto(form, key) {
  const input = form.querySelector('input[data-keep]');
  const kept = read(key + PHOTO);
  if (!input || !kept.data || input.files.length) return;
  try {
    const parts = /^data:([^;,]*)[^,]*,(.*)$/.exec(kept.data);
    const bytes = Uint8Array.from(atob(parts[2]), (letter) => letter.charCodeAt(0));
    const sheet = new DataTransfer();
    sheet.items.add(new File([bytes], kept.name, { type: parts[1] }));
    input.files = sheet.files;
  } catch (error) {
    // An old browser cannot fill a file field.
  }
}

document.querySelectorAll('form[data-draft]').forEach((form) => {
  const key = OWNER + form.dataset.draft;
  const name = document.createElement('input');
  name.type = 'hidden';
  name.name = 'draft';
  name.value = form.dataset.draft;
  form.appendChild(name);
  restore(form, key);
  restorePhoto(form, key);
  form.addEventListener('input', () => keep(form, key));
  form.addEventListener('change', () => keep(form, key));
  form.addEventListener('photo', (event) => {
    if ('keep' in event.target.dataset) keepPhoto(event.target, key);
  });
  form.addEventListener('submit', () => keep(form, key));
});
