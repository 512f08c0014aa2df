// Keeps what is typed in <form data-draft="name"> on the phone until a page says data-draft-done="name".
const PREFIX = 'draft:';
const SKIP = /^(file|hidden|password|submit|button)$/;

function fields(form) {
  return Array.from(form.elements).filter((el) => el.name && !SKIP.test(el.type) && !('code' in el.dataset));
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) || {};
  } catch (error) {
    return {};
  }
}

function write(key, kept) {
  try {
    localStorage.setItem(key, JSON.stringify(kept));
  } catch (error) {
    // A full or forbidden storage must not stop the typing.
  }
}

function say(form, words) {
  let line = form.querySelector('[data-draft-says]');
  if (!line) {
    line = document.createElement('p');
    line.className = 'err';
    line.setAttribute('role', 'status');
    line.dataset.draftSays = '';
    form.appendChild(line);
  }
  line.textContent = words;
}

function keep(form, key) {
  const kept = {};
  fields(form).forEach((el) => {
    if (el.type === 'radio' || el.type === 'checkbox') {
      if (el.checked) (kept[el.name] = kept[el.name] || []).push(el.value);
    } else if (el.value) {
      kept[el.name] = el.value;
    }
  });
  write(key, kept);
}

function restore(form, key) {
  const kept = read(key);
  const groups = new Set(fields(form).filter((el) => el.defaultChecked).map((el) => el.name));
  fields(form).forEach((el) => {
    const value = kept[el.name];
    if (value === undefined) return;
    if (el.type === 'radio' || el.type === 'checkbox') {
      // What the server has chosen stands; only a group it left open is filled.
      if (!groups.has(el.name) && Array.isArray(value)) el.checked = value.indexOf(el.value) >= 0;
    } else if (el.tagName !== 'SELECT' ? el.defaultValue === '' : !el.querySelector('option[selected]')) {
      el.value = value;
    }
  });
}

document.querySelectorAll('[data-draft-done]').forEach((el) => {
  try {
    localStorage.removeItem(PREFIX + el.dataset.draftDone);
  } catch (error) {
    // Nothing was kept there either.
  }
});

document.querySelectorAll('form[data-draft]').forEach((form) => {
  const key = PREFIX + form.dataset.draft;
  restore(form, key);
  form.addEventListener('input', () => keep(form, key));
  form.addEventListener('change', () => keep(form, key));
  form.addEventListener('submit', (event) => {
    keep(form, key);
    if (navigator.onLine === false) {
      event.preventDefault();
      say(form, '现在没有网。填的都存在手机里，有网了再按一次。');
    }
  });
  window.addEventListener('online', () => {
    if (form.querySelector('[data-draft-says]')) say(form, '有网了，可以再按一次。');
  });
});
