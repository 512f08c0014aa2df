// Looks again every few seconds while something is awaited, shows how far it is, and the page anew once it has come.
const awaited = document.querySelector('[data-wait]');
const shown = document.querySelector('[data-live]');
const MOST_LOOKS = shown ? 400 : 40;
const PAUSE = shown ? 1500 : 4000;
let looks = 0;
const look = () => {
  looks += 1;
  if (looks > MOST_LOOKS) return;
  fetch(window.location.href, { credentials: 'same-origin', cache: 'no-store' })
    .then((answer) => (answer.redirected ? '' : answer.text()))
    .then((text) => {
      if (text.indexOf('data-wait') < 0) window.location.reload();
      else {
        const fresh = new DOMParser().parseFromString(text, 'text/html').querySelector('[data-live]');
        if (shown && fresh) shown.innerHTML = fresh.innerHTML;
        setTimeout(look, PAUSE);
      }
    })
    .catch(() => setTimeout(look, PAUSE));
};
if (awaited) {
  const awake = document.querySelector('[data-awake]');
  if (awake) awake.hidden = false;
  setTimeout(look, PAUSE);
}
