/**
 * What every page loads: the styles, htmx for small updates, the three Bootstrap parts that need a script.
 * No rule of a permit lives here.
 */
import 'bootstrap/dist/css/bootstrap.css';
import './app.css';

import 'bootstrap/js/dist/collapse.js';
import 'bootstrap/js/dist/dropdown.js';
import htmx from 'htmx.org';

// No eval and no styles of htmx's own: the content security policy allows neither.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
// What a swap brings in listens at once: within htmx's pause of 20 ms a chosen file would go unnoticed.
htmx.config.defaultSettleDelay = 0;

// A file that was chosen before the scripts listened is handed in all the same.
htmx.onLoad((content) => {
  for (const input of content.querySelectorAll('form[hx-post] input[type=file]')) {
    if (input.files.length) htmx.trigger(input, 'change');
  }
});

document.body.addEventListener('htmx:configRequest', (event) => {
  event.detail.headers['X-CSRFToken'] = document.querySelector('meta[name="csrf-token"]').content;
});

// Error answers of the server are fragments in the page's language: they go where the element says
// (data-alert), so that what was there stays.
document.body.addEventListener('htmx:beforeSwap', (event) => {
  const { xhr, requestConfig } = event.detail;
  if (xhr.status < 400) return;
  event.detail.shouldSwap = true;
  event.detail.swapOverride = 'innerHTML';
  event.detail.target = document.querySelector(requestConfig.elt.closest('[data-alert]')?.dataset.alert ?? '#content');
});

// A second click while the first is under way would be a second submit.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.hasAttribute('hx-post')) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = 'yes';
});
window.addEventListener('pageshow', () => {
  document.querySelectorAll('form[data-sent]').forEach((form) => delete form.dataset.sent);
});

for (const button of document.querySelectorAll('[data-print]')) button.addEventListener('click', () => window.print());
