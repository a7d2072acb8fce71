'use strict';
// Reading needs none of this: it filters the operations, folds them, and unfolds what is printed.
(() => {
  const operations = [...document.querySelectorAll('tbody.operation')];
  const filter = document.getElementById('filter');
  const failures = document.getElementById('failures');
  const count = document.getElementById('count');
  const texts = new Map();  // made when it is asked for first

  const text = (operation) => {
    if (!texts.has(operation)) texts.set(operation, operation.textContent.toLowerCase());
    return texts.get(operation);
  };
  const isWanted = (operation, words) =>
    (!failures.checked || operation.classList.contains('failed')) &&
    words.every((word) => text(operation).includes(word));

  const show = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter((word) => word !== '');
    let shown = 0;
    for (const operation of operations) {
      operation.hidden = !isWanted(operation, words);
      if (!operation.hidden) ++shown;
    }
    count.textContent = `${shown} of ${operations.length} operations`;
  };

  const fold = (open) => {
    for (const operation of operations) {
      if (operation.hidden) continue;
      for (const details of operation.querySelectorAll('td > details')) details.open = open;
    }
  };

  // A link to an operation unfolds it, also where the filter has hidden it.
  const follow = () => {
    const operation = document.getElementById(location.hash.slice(1));
    if (!operation || !operation.classList.contains('operation')) return;
    operation.hidden = false;
    const details = operation.querySelector('.more > td > details');
    if (details) details.open = true;
    operation.scrollIntoView();
  };

  let timer = 0;
  filter.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(show, 80);
  });
  failures.addEventListener('change', show);
  document.getElementById('controls').addEventListener('submit', (event) => event.preventDefault());
  document.getElementById('unfold').addEventListener('click', () => fold(true));
  document.getElementById('fold').addEventListener('click', () => fold(false));
  addEventListener('hashchange', follow);
  addEventListener('keydown', (event) => {
    const writes = event.target instanceof HTMLInputElement;
    if (event.key === '/' && !writes && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      filter.focus();
    } else if (event.key === 'Escape' && event.target === filter) {
      filter.value = '';
      show();
    }
  });
  let folded = [];
  addEventListener('beforeprint', () => {
    folded = [...document.querySelectorAll('.failed .more > td > details:not([open])')];
    for (const details of folded) details.open = true;
  });
  addEventListener('afterprint', () => {
    for (const details of folded) details.open = false;
  });

  document.getElementById('controls').hidden = false;
  show();
  follow();
})();
