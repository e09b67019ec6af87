/** Forms in the browser: given their facts, filled in by hand, and handed in. Bundled by conftest.py. */
import { Form } from '@bpmn-io/form-js-viewer';
import { formRules, unreadInputs } from '../../webui/desk/assets/form-rules.js';

const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

/** Value paths are `rows[0].name`. */
function pathOf({ valuePath }) {
  return valuePath.map((part) => (Number.isInteger(part) ? `[${part}]` : `.${part}`)).join('').slice(1);
}

const within = (found, path) => path.reduce((inner, key) => inner?.[key], found);

/** What is submitted, and the paths of the fields that are wrong, after typing `[path, value]` pairs. */
window.judge = async ({ schema, facts, typed }) => {
  document.body.innerHTML = '<div id="host"></div>';
  const form = new Form({ container: document.querySelector('#host'), debounce: false, additionalModules: [formRules] });
  await form.importSchema(schema, facts);
  await drawn();
  const instances = () => form.get('formFieldInstanceRegistry').getAllKeyed();
  for (const [path, value] of typed) {
    const fieldInstance = instances().find((one) => pathOf(one) === path);
    if (!fieldInstance) throw new Error(`no field ${path}: ${instances().map(pathOf)}`);
    form._update({ fieldInstance, value });
    await drawn();
  }
  const { data, errors } = form.submit();
  const wrong = instances().filter(({ id, indexes }) => {
    const found = within(errors, [id, ...Object.values(indexes ?? {})]);
    return Array.isArray(found) && found.length > 0;
  });
  form.destroy();
  return { data, wrong: wrong.map(pathOf).sort() };
};

/** Types into an input as a keyboard does, and leaves it. */
function type(input, text) {
  input.value = text;
  input.dispatchEvent(new Event('input', { bubbles: true }));
}

const pause = () => new Promise((done) => setTimeout(done, 0));

/**
 * One form, filled in over and over: for each round `{facts, typed: {id: {way, value}}}` what it gives for each field,
 * `{id: {value, wrong, unread}}`. The way is "text" (into the input), "time" (into the second input and left) or
 * "state" (picked from what the field offers).
 */
window.rounds = async ({ schema, rounds }) => {
  document.body.innerHTML = '<div id="host"></div>';
  const host = document.querySelector('#host');
  const form = new Form({ container: host, debounce: false, additionalModules: [formRules] });
  const found = [];
  for (const { facts, typed } of rounds) {
    await form.importSchema({ type: 'default', id: 'empty', components: [] }, {});
    await pause();
    await form.importSchema(schema, facts);
    await drawn();
    const instances = () => form.get('formFieldInstanceRegistry').getAllKeyed();
    for (const [id, { way, value }] of Object.entries(typed)) {
      const fieldInstance = instances().find((one) => one.id === id);
      if (!fieldInstance) continue; // hidden: nobody could
      const suffix = way === 'time' ? `${id}-time` : id;
      const input = way === 'state' ? null : host.querySelector(`[id$="-${suffix}"]`);
      const locked = '.fjs-form-field.fjs-readonly, .fjs-form-field.fjs-disabled';
      if (host.querySelector(`[id*="-${id}"]`)?.closest(locked)) continue;
      if (input) {
        type(input, value);
        if (way === 'time') input.dispatchEvent(new Event('blur'));
      } else form._update({ fieldInstance, value });
    }
    await drawn();
    await drawn();
    const { data, errors } = form.submit();
    await pause();
    const unread = new Set(unreadInputs(host).map((one) => one.closest('.fjs-element')?.querySelector('[id]')?.id));
    found.push(
      Object.fromEntries(
        schema.components.map(({ id, key }) => {
          const isUnread = [...unread].some((one) => one?.includes(`-${id}`) && new RegExp(`-${id}(-|$)`).test(one));
          return [id, { sent: key in data, value: data[key] ?? null, wrong: errors[id]?.length > 0, unread: isUnread }];
        }),
      ),
    );
  }
  form.destroy();
  return found;
};
