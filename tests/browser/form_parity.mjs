/** A form in the browser: given its facts, filled in by hand, and handed in. Bundled by test_form_parity.py. */
import { Form } from '@bpmn-io/form-js-viewer';

const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

/** Value paths are `rows[0].name`. */
function pathOf({ valuePath }) {
  return valuePath.map((part) => (Number.isInteger(part) ? `[${part}]` : `.${part}`)).join('').slice(1);
}

const within = (found, path) => path.reduce((inner, key) => inner?.[key], found);

/** What is submitted, and the paths of the fields that are wrong, after typing `[path, value]` pairs. */
window.judge = async ({ schema, facts, typed }) => {
  document.body.innerHTML = '<div id="host"></div>';
  const form = new Form({ container: document.querySelector('#host'), debounce: false });
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
