/**
 * A form-js form of the chain on a page: shows it, checks it in the page's language, hands it in.
 *
 *   <section data-form data-action="/tasks/…/complete" data-key="…">
 *     <script type="application/json" data-form-schema>…</script>
 *     <script type="application/json" data-form-data>…</script>
 *     <div data-form-host></div>
 *     <div data-form-alert role="alert" hidden></div>
 *     <button type="button" data-form-submit data-extra='{"outcome": "…"}'>…</button>
 *   </section>
 *
 * Sends JSON {key, variables}. The answer is {"location": url}, or an error
 * {"message", "fields": {"errors": {field key: message}}}; then what was typed stays as it is.
 * The server checks everything again: nothing here is a safeguard.
 */
import { Form } from '@bpmn-io/form-js-viewer';
import flatpickr from 'flatpickr';
import { Mandarin } from 'flatpickr/dist/esm/l10n/zh.js';

import '@bpmn-io/form-js-viewer/dist/assets/form-js.css';
import './form.css';
import { formRules, unreadInputs } from './form-rules.js';
import { inChinese, validatorInChinese, wordsInChinese } from './form-zh.js';

if (inChinese) flatpickr.localize(Mandarin);

function json(section, name) {
  const node = section.querySelector(`script[${name}]`);
  return node ? JSON.parse(node.textContent) : undefined;
}

/** Server messages come by field key; form-js keeps errors by field id. Returns those without a field. */
function showErrors(form, errors) {
  const byId = {};
  const rest = [];
  const fields = form.get('formFieldRegistry').getAll();
  for (const [key, message] of Object.entries(errors)) {
    const field = fields.find((one) => one.key === key);
    if (field) byId[field.id] = [message].flat();
    else rest.push([message].flat().join(' '));
  }
  form._setState({ errors: byId });
  return rest;
}

function focusFirstError(section) {
  const errors = section.querySelectorAll('.fjs-form-field-error');
  const field = errors[0]?.closest('.fjs-form-field');
  field?.querySelector('input, textarea, select, [tabindex]')?.focus();
}

class Page {
  constructor(section) {
    this.section = section;
    this.alert = section.querySelector('[data-form-alert]');
    this.buttons = [...section.querySelectorAll('[data-form-submit]')];
    this.form = new Form({
      container: section.querySelector('[data-form-host]'),
      debounce: false, // a delayed change may come after a redraw and lose what was typed
      additionalModules: inChinese ? [formRules, validatorInChinese] : [formRules],
    });
  }

  async show() {
    if (inChinese) wordsInChinese(this.section.querySelector('[data-form-host]'));
    await this.form.importSchema(json(this.section, 'data-form-schema'), json(this.section, 'data-form-data'));
    this.form.setProperty('readOnly', this.section.hasAttribute('data-readonly'));
    for (const button of this.buttons) button.addEventListener('click', () => this.handIn(button));
    this.form.on('submit', (event) => event.preventDefault?.());
    window.addEventListener('pageshow', () => this.busy(false)); // come back to by the browser's Back
    this.section.dataset.shown = 'yes';
  }

  say(message) {
    this.alert.textContent = message;
    this.alert.hidden = !message;
    if (message) this.alert.scrollIntoView({ block: 'nearest' });
  }

  async handIn(button) {
    const { data, errors } = this.form.submit();
    if (Object.keys(errors).length > 0) {
      this.say(this.section.dataset.incomplete);
      focusFirstError(this.section);
      return;
    }
    const [unread] = unreadInputs(this.section);
    if (unread) {
      this.say(this.section.dataset.incomplete);
      unread.closest('.fjs-form-field').querySelector('input').focus();
      return;
    }
    this.say('');
    this.busy(true);
    try {
      const leaves = await this.send({ ...data, ...JSON.parse(button.dataset.extra || '{}') });
      if (leaves) return; // until the next page is there, a second click would send it again
    } catch {
      this.say(this.section.dataset.unreachable);
    }
    this.busy(false);
  }

  /** True where the form was accepted and the page is being left. */
  async send(variables) {
    const answer = await fetch(this.section.dataset.action, {
      method: 'POST',
      credentials: 'same-origin',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json',
        'X-CSRFToken': document.querySelector('meta[name="csrf-token"]').content,
      },
      body: JSON.stringify({ key: this.section.dataset.key, variables }),
    });
    const said = await answer.json();
    if (answer.ok) {
      window.location.assign(said.location);
      return true;
    }
    const rest = showErrors(this.form, said.fields?.errors ?? {});
    this.say([said.message, ...rest].join(' '));
    focusFirstError(this.section);
    return false;
  }

  busy(isBusy) {
    for (const button of this.buttons) button.disabled = isBusy;
    this.section.setAttribute('aria-busy', String(isBusy));
  }
}

for (const section of document.querySelectorAll('[data-form]')) new Page(section).show();
