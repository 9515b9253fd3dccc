'use strict';
// Filters by target and kind, keeps both in the address so that a view can be shared, and unfolds all for print.
const form = document.getElementById('filter');
const text = document.getElementById('filter-target');
const kind = document.getElementById('filter-kind');
const shown = document.getElementById('filter-shown');
const targets = [...document.querySelectorAll('.target')].map((element) => ({
  element, names: element.dataset.target.toLowerCase().split(' '), items: [...element.querySelectorAll('.item')],
}));
const number = targets.reduce((sum, target) => sum + target.names.length, 0);
const calm = [...document.querySelectorAll('.calm li')];

function show() {
  const wanted = text.value.trim().toLowerCase();
  let changes = 0;
  let seen = 0;
  for (const target of targets) {
    let any = kind.value === '';
    // An entry may stand for many targets at which the same happens.
    const named = target.names.filter((name) => name.includes(wanted)).length;
    for (const item of target.items) {
      item.hidden = kind.value !== '' && item.dataset.kind !== kind.value;
      any = any || !item.hidden;
      if (!item.hidden && item.dataset.change === 'true') changes += named;
    }
    target.element.hidden = !(named > 0 && any);
    if (!target.element.hidden) seen += named;
  }
  for (const line of calm) line.hidden = kind.value !== '' || !line.textContent.toLowerCase().includes(wanted);
  document.body.dataset.shown = changes;
  const all = document.body.dataset.changes;
  const counted = all === '0' ? '' : `${changes} of ${all} changes at `;
  shown.textContent = `${counted}${seen} of ${number} targets`;
}

function read() {
  const wish = new URLSearchParams(location.hash.slice(1));
  text.value = wish.get('target') || '';
  kind.value = wish.get('kind') || '';
  if (kind.selectedIndex < 0) kind.value = '';
  show();
}

function write() {
  const wish = new URLSearchParams();
  if (text.value) wish.set('target', text.value);
  if (kind.value) wish.set('kind', kind.value);
  history.replaceState(null, '', `#${wish}`);
  show();
}

form.hidden = false;
form.addEventListener('submit', (event) => event.preventDefault());
form.addEventListener('input', write);
addEventListener('hashchange', read);
let folded = [];
addEventListener('beforeprint', () => {
  folded = [...document.querySelectorAll('details:not([open])')];
  for (const fold of folded) fold.open = true;
});
addEventListener('afterprint', () => {
  for (const fold of folded) fold.open = false;
});
read();
