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

/**
 * What a list gives after acts on its rows: `["add"]`, `["remove", place]` (by the buttons, where there are any) or
 * `["type", path, value]`; like `judge`, for many at once.
 */
window.lists = async (asked) => {
  const found = [];
  for (const { schema, facts, acts } of asked) {
    document.body.innerHTML = '<div id="host" style="display: none"></div>';
    const host = document.querySelector('#host');
    const form = new Form({ container: host, debounce: false, additionalModules: [formRules] });
    await form.importSchema(schema, facts);
    await drawn();
    const instances = () => form.get('formFieldInstanceRegistry').getAllKeyed();
    for (const [act, where, value] of acts) {
      if (act === 'add') host.querySelector('.fjs-repeat-render-add')?.click();
      else if (act === 'remove') host.querySelectorAll('.fjs-repeat-row-remove')[where]?.click();
      else {
        const fieldInstance = instances().find((one) => pathOf(one) === where);
        if (fieldInstance) form._update({ fieldInstance, value });
      }
      await drawn();
    }
    const { data, errors } = form.submit();
    const wrong = instances().filter(({ id, indexes }) => within(errors, [id, ...Object.values(indexes ?? {})])?.length > 0);
    form.destroy();
    found.push({ data, wrong: wrong.map(pathOf).sort() });
  }
  return found;
};

/** Types into an input as a keyboard does, and leaves it. */
function type(input, text) {
  input.value = text;
  input.dispatchEvent(new Event('input', { bubbles: true }));
}

const pause = () => new Promise((done) => setTimeout(done, 0));

/**
 * Many forms side by side, filled in over and over: for each round `{facts, typed: {id: {way, value}}}` what it gives
 * for each field, `{id: {sent, value, wrong, unread}}`. The way is "text" (into the input), "time" (into the second
 * input and left) or "state" (picked from what the field offers). A change draws the whole form anew, so small forms
 * are quick; nothing is laid out, since nobody looks.
 */
window.rounds = async ({ schemas, rounds }) => {
  document.body.innerHTML = schemas.map(() => '<div class="host" style="display: none"></div>').join('');
  const hosts = [...document.querySelectorAll('.host')];
  const additionalModules = [formRules];
  const forms = hosts.map((container) => new Form({ container, debounce: false, additionalModules }));
  const everywhere = (does) => Promise.all(forms.map((form, i) => does(form, schemas[i], hosts[i])));
  const found = [];
  for (const { facts, typed } of rounds) {
    await everywhere((form) => form.importSchema({ type: 'default', id: 'empty', components: [] }, {}));
    await pause();
    await everywhere((form, schema) => form.importSchema(schema, facts));
    await drawn();
    await everywhere((form, schema, host) => fillIn(form, schema, host, typed));
    await drawn();
    await drawn();
    const answers = await everywhere(async (form, schema, host) => {
      const { data, errors } = form.submit();
      await pause();
      return seen(schema, host, data, errors);
    });
    found.push(Object.assign({}, ...answers));
  }
  for (const form of forms) form.destroy();
  return found;
};

function fillIn(form, schema, host, typed) {
  const instances = new Map(form.get('formFieldInstanceRegistry').getAllKeyed().map((one) => [one.id, one]));
  for (const { id } of schema.components) {
    if (!typed[id] || !instances.has(id)) continue; // untouched, or hidden: nobody could
    const { way, value } = typed[id];
    const suffix = way === 'time' ? `${id}-time` : id;
    const input = way === 'state' ? null : host.querySelector(`[id$="-${suffix}"]`);
    const locked = '.fjs-form-field.fjs-readonly, .fjs-form-field.fjs-disabled';
    if (host.querySelector(`[id*="-${id}"]`)?.closest(locked)) continue;
    if (input) {
      type(input, value);
      if (way === 'time') input.dispatchEvent(new Event('blur'));
    } else form._update({ fieldInstance: instances.get(id), value });
  }
}

function seen({ components }, host, data, errors) {
  const unread = unreadInputs(host).map((one) => one.closest('.fjs-element')?.querySelector('[id]')?.id ?? '');
  return Object.fromEntries(
    components.map(({ id, key }) => {
      const isUnread = unread.some((one) => new RegExp(`-${id}(-|$)`).test(one));
      return [id, { sent: key in data, value: data[key] ?? null, wrong: errors[id]?.length > 0, unread: isUnread }];
    }),
  );
}
