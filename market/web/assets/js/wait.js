// Looks again every few seconds while something is awaited, and shows the page anew once it has come.
const awaited = document.querySelector('[data-wait]');
const MOST_LOOKS = 40;
const PAUSE = 4000;
let looks = 0;
const look = () => {
  looks += 1;
  if (looks > MOST_LOOKS) return;
  fetch(window.location.href, { credentials: 'same-origin', cache: 'no-store' })
    .then((answer) => (answer.redirected ? '' : answer.text()))
    .then((text) => {
      if (text.indexOf('data-wait') < 0) window.location.reload();
      else setTimeout(look, PAUSE);
    })
    .catch(() => setTimeout(look, PAUSE));
};
if (awaited) {
  const awake = document.querySelector('[data-awake]');
  if (awake) awake.hidden = false;
  setTimeout(look, PAUSE);
}
