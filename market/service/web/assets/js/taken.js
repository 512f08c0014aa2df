// Deletes the draft of a form that was taken, which the cookie `drafts` names (`*` after signing out: all of them), and
// those of who was signed in on this phone before (<body data-owner>). Every page does it: a second tab names the next.
const PREFIX = 'draft:';
const owner = document.body.dataset.owner || '';
const own = `${PREFIX}${owner}:`;

function forget(fits) {
  try {
    Object.keys(localStorage)
      .filter((key) => key.indexOf(PREFIX) === 0 && fits(key))
      .forEach((key) => localStorage.removeItem(key));
  } catch (error) {
    // Nothing was kept.
  }
}

const taken = /(?:^|; )drafts=([^;]*)/.exec(document.cookie);
if (taken) {
  forget((key) => taken[1] === '*' || key === own + taken[1] || key === `${own}${taken[1]}#photo`);
  document.cookie = 'drafts=; path=/; max-age=0';
}
if (owner) forget((key) => key.indexOf(own) !== 0);
