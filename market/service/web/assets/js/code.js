// Takes the digits out of a pasted message and leads to the button when the one-time code is complete.
document.querySelectorAll('input[data-code]').forEach((input) => {
  input.addEventListener('paste', (event) => {
    const text = (event.clipboardData || window.clipboardData).getData('text');
    const found = /\d{6}/.exec(text.replace(/(\d)[ -](?=\d)/g, '$1'));
    if (!found) return;
    event.preventDefault();
    input.value = found[0];
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });
  input.addEventListener('input', () => {
    if (!/^\d{6}$/.test(input.value.replace(/\s/g, '')) || !input.form) return;
    const button = input.form.querySelector('button:not([type=button])');
    if (button) button.focus();
  });
});
