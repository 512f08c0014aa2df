// Says that a long step is under way and for how long, and takes it once; without scripts the hint above it says so.
Array.prototype.forEach.call(document.querySelectorAll('form[data-busy]'), (form) => {
  const button = form.querySelector('button');
  const words = button.textContent;
  let clock = 0;
  form.addEventListener('submit', (event) => {
    if (clock) {
      event.preventDefault();
      return;
    }
    let seconds = 0;
    const tell = () => {
      button.textContent = `${form.dataset.busy} ${seconds} 秒`;
      seconds += 1;
    };
    tell();
    clock = setInterval(tell, 1000);
    form.querySelector('[role=status]').textContent = form.dataset.busy;
  });
  // A page that comes back from the browser's memory begins anew.
  window.addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    clearInterval(clock);
    clock = 0;
    button.textContent = words;
  });
});
