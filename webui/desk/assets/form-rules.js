/**
 * What the server keeps of a form and form-js itself doesn't: a form-js module, and what nobody could read.
 * The same rules stand in engine/language/forms; tests/browser/test_forms_agree.py compares the two.
 *
 *   Times have seconds, so that conditions and the server see one text: `09:30:00`.
 *   Numbers kept as text are written as FEEL's number() reads them, with digits of ASCII.
 *   Texts are in one spelling, NFC.
 *   What nobody can change stays as it is: form-js would clear past days and round minutes.
 *   A fact named like a built-in function of FEEL is the fact, except where it is called.
 *   Properties that act nowhere on the server (engine/language/forms/properties.py) act nowhere here: a flag that is
 *   text, a rule on a type that has none, a bound that is no number.
 */
import { Checklist, Datetime, Numberfield, Radio, Select, Taglist, Textarea, Textfield } from '@bpmn-io/form-js-viewer';
import { h } from 'preact';

const WRITTEN = /^-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)$/;
const WITHOUT_SECONDS = /^(.*T)?([0-9]{2}:[0-9]{2})(Z|[+-][0-9:]+)?$/;
const WITH_ZERO_SECONDS = /^(.*T)?([0-9]{2}:[0-9]{2}):00(Z|[+-][0-9:]+)?$/;
const INTERVALS = [1, 5, 10, 15, 30, 60];
const IN_UTC = { 10: 5, 30: 15, 60: 15 }; // zones differ by quarters: a full hour of one is the half of another

const replaced = (value, pattern, text) => (typeof value === 'string' ? value.replace(pattern, text) : value);
const withSeconds = (value) => replaced(value, WITHOUT_SECONDS, (_, day, time, zone) => `${day ?? ''}${time}:00${zone ?? ''}`);
const asPicked = (value) => replaced(value, WITH_ZERO_SECONDS, (_, day, time, zone) => `${day ?? ''}${time}${zone ?? ''}`);

const isFixed = (props) => props.readonly || props.disabled;
const asShown = (field) => ({ ...field, disallowPassedDates: false, timeInterval: 1 });

function DatetimeWithSeconds(props) {
  return h(Datetime, {
    ...props,
    field: isFixed(props) ? asShown(props.field) : props.field,
    value: asPicked(props.value),
    onChange: (update) => props.onChange({ ...update, field: props.field, value: withSeconds(update.value) }),
  });
}

DatetimeWithSeconds.config = {
  ...Datetime.config,
  sanitizeValue: (options) => withSeconds(Datetime.config.sanitizeValue(options)),
  create(options = {}, isNewField) {
    const { defaultValue } = options;
    return Datetime.config.create({ ...options, ...(defaultValue && { defaultValue: withSeconds(defaultValue) }) }, isNewField);
  },
};

const NumberWithDigits = (props) => h(Numberfield, props);

NumberWithDigits.config = {
  ...Numberfield.config,
  sanitizeValue(options) {
    const value = Numberfield.config.sanitizeValue(options);
    return typeof value === 'string' && !WRITTEN.test(value) ? null : value;
  },
};

/** A text component whose value is in one spelling, typed or known. */
function spelled(component) {
  const spell = (value) => (typeof value === 'string' ? value.normalize('NFC') : value);
  const one = (props) => h(component, { ...props, onChange: (update) => props.onChange({ ...update, value: spell(update.value) }) });
  one.config = { ...component.config, sanitizeValue: (options) => spell(component.config.sanitizeValue(options)) };
  return one;
}

/** A choice that leaves out a fact of another kind: form-js can't draw one, and then draws nothing at all. */
function ofKind(component, fits) {
  const one = (props) => h(component, props);
  one.config = {
    ...component.config,
    sanitizeValue(options) {
      const value = component.config.sanitizeValue(options);
      return fits(value) ? value : component.config.emptyValue;
    },
  };
  return one;
}

const COMPONENTS = [
  DatetimeWithSeconds,
  NumberWithDigits,
  spelled(Textarea),
  spelled(Textfield),
  ofKind(Radio, (value) => !Array.isArray(value)),
  ofKind(Select, (value) => !Array.isArray(value)),
  ofKind(Checklist, Array.isArray),
  ofKind(Taglist, Array.isArray),
];

// ------------------------------------------------------------------ properties

const CONTAINERS = ['group', 'dynamiclist'];
const FLAGS = ['disabled', 'serializeToString', 'disallowPassedDates'];
const FORMATS = ['utc_offset', 'utc_normalized', 'no_timezone'];
const MOST_ROWS = 500;
const OF_TEXT = ['minLength', 'maxLength', 'pattern', 'patternErrorMessage', 'validationType'];
const RULES = { textfield: OF_TEXT, textarea: OF_TEXT, number: ['min', 'max'] };
const BOUND = /^-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/; // as big.js reads it

const isFeel = (value) => typeof value === 'string' && value.startsWith('=');
const isWhole = (value) => Number.isInteger(value) && value >= 0;

/** A component with what the server reads of it. */
function asTheServerReads(written) {
  const read = { ...written };
  for (const flag of FLAGS) if (read[flag] !== true) delete read[flag];
  if (read.type === 'expression' || CONTAINERS.includes(read.type) || !(read.readonly === true || isFeel(read.readonly))) {
    delete read.readonly;
  }
  if (CONTAINERS.includes(read.type)) delete read.disabled;
  if (!isWhole(read.decimalDigits)) delete read.decimalDigits;
  if (!(Number(read.increment) > 0)) delete read.increment;
  if (!FORMATS.includes(read.timeSerializingFormat)) delete read.timeSerializingFormat;
  if (read.type === 'datetime' && !['time', 'datetime'].includes(read.subtype)) read.subtype = 'date';
  if (read.type === 'dynamiclist') {
    read.isRepeating = true;
    if ('defaultRepetitions' in read) {
      read.defaultRepetitions = isWhole(read.defaultRepetitions) ? Math.min(read.defaultRepetitions, MOST_ROWS) : 0;
    }
  }
  if (read.validate) read.validate = rulesOf(read);
  return read;
}

function rulesOf({ type, validate }) {
  const kept = Object.entries(validate).filter(([name, value]) => RULES[type]?.includes(name) && value !== '');
  return { ...Object.fromEntries(kept), ...(validate.required === true && { required: true }) };
}

/** What a bound comes to: a number, or a text that is one; else there is no bound. */
function asBound(value) {
  return typeof value === 'number' || (typeof value === 'string' && BOUND.test(value)) ? value : null;
}

// ------------------------------------------------------------------ names of functions

/** Built-in functions of one word: as a name that is read, feelin takes it for the function, and calls the fact. */
const BUILT_IN =
  'abs after all any append before ceiling coincides concatenate contains context count date decimal duration during even ' +
  'exp finishes flatten floor includes is log matches max mean median meets min mode modulo not now number odd overlaps ' +
  'partition product range remove replace reverse sort split sqrt starts stddev string sublist substring sum time today trim union';
/** Those of several words begin or end with such names. */
const OF_WORDS =
  'context merge|context put|date and time|day of week|day of year|distinct values|duplicate values|ends with|finished by|' +
  'get entries|get or else|get value|index of|insert before|is blank|is defined|is empty|last day of month|list contains|' +
  'list replace|lower case|met by|month of year|overlaps after|overlaps before|round down|round half down|round half even|' +
  'round half up|round up|started by|starts with|string join|string length|substring after|substring before|upper case|' +
  'week of year|years and months duration';
const WORD = '(?![\\p{L}\\p{N}_])';
const PARTS = new RegExp(
  [
    '"(?:[^"\\\\]|\\\\.)*"', // a text
    `instance\\s+of\\s+\\p{L}+`, // a type
    `(?:${OF_WORDS.replaceAll(' ', '\\s+')})\\s*\\(`,
    `(?<![\\p{L}\\p{N}_.])(?<name>${BUILT_IN.split(' ').join('|')})${WORD}(?!\\s*[(:])`,
  ].join('|'),
  'gu',
);
const asFact = (name) => `fact_${name}`;

/** The expression and its data, with such names under others. Left alone behind brackets: an item may have them. */
function withFacts(expression, data) {
  const names = new Set();
  if (!isFeel(expression) || /[[{]|function/.test(expression)) return [expression, data];
  const text = expression.replace(PARTS, (...match) => {
    const { name } = match.at(-1);
    if (!name) return match[0];
    names.add(name);
    return asFact(name);
  });
  const called = Object.keys(data).filter((name) => BUILT_IN.split(' ').includes(name));
  const kept = called.length ? Object.fromEntries(Object.entries(data).filter(([name]) => !called.includes(name))) : data;
  return [text, { ...kept, ...Object.fromEntries([...names].map((name) => [asFact(name), data[name] ?? null])) }];
}

// ------------------------------------------------------------------ rules

const padded = (number) => String(number).padStart(2, '0');

function today() {
  const now = new Date();
  return `${now.getFullYear()}-${padded(now.getMonth() + 1)}-${padded(now.getDate())}`;
}

/** The day of a value where it is filled in. */
function dayOf(value) {
  if (!/(Z|[+-][0-9:]+)$/.test(value.slice(10))) return value.slice(0, 10);
  const moment = new Date(value);
  return `${moment.getFullYear()}-${padded(moment.getMonth() + 1)}-${padded(moment.getDate())}`;
}

function minutesOf({ timeInterval, timeSerializingFormat }) {
  const minutes = INTERVALS.includes(timeInterval) ? timeInterval : 15;
  return (timeSerializingFormat === 'utc_normalized' && IN_UTC[minutes]) || minutes;
}

function wrongDatetime(field, value) {
  if (typeof value !== 'string') return [];
  if (field.subtype !== 'time' && field.disallowPassedDates === true && dayOf(value) < today()) {
    return ['Field must not be in the past.'];
  }
  if (field.subtype !== 'time' && field.subtype !== 'datetime') return [];
  const [, hours, minutes, seconds = 0] = /([0-9]{2}):([0-9]{2})(?::([0-9.]+))?/.exec(value.slice(value.indexOf('T') + 1)) ?? [];
  const step = minutesOf(field);
  return (hours * 3600 + minutes * 60 + Number(seconds)) % (step * 60) ? [`Field must be in steps of ${step} minutes.`] : [];
}

function isReadonly({ readonly }, context, expressionLanguage, form) {
  if (form._getState().properties.readOnly) return true;
  if (!expressionLanguage.isExpression(readonly)) return readonly || false;
  const { data, ...special } = context;
  const wrapped = Object.fromEntries(Object.entries(special).map(([key, value]) => [`_${key}_`, value]));
  return expressionLanguage.evaluateUnaryTest(readonly, { ...special, ...data, ...wrapped }) === true;
}

function Rules(validator, formFields, fieldFactory, formFieldRegistry, expressionLanguage, form) {
  for (const component of COMPONENTS) formFields.register(component.config.type, component);

  const create = fieldFactory.create.bind(fieldFactory);
  fieldFactory.create = (written, isNewField) => create(asTheServerReads(written), isNewField);
  for (const way of ['evaluate', 'evaluateUnaryTest']) {
    const as = expressionLanguage[way].bind(expressionLanguage);
    expressionLanguage[way] = (expression, data = {}) => as(...withFacts(expression, data));
  }
  const evaluate = (...given) => asBound(expressionLanguage.evaluate(...given));
  validator._expressionLanguage = Object.create(expressionLanguage, { evaluate: { value: evaluate } }); // bounds alone

  const original = validator.validateFieldInstance.bind(validator);
  validator.validateFieldInstance = (instance, value) => {
    const field = formFieldRegistry.get(instance.id);
    if (field?.type === 'number' && typeof value === 'string' && value && !WRITTEN.test(value)) {
      return ['Value is not a number.']; // form-js can't count what it can't read
    }
    const errors = original(instance, value);
    if (field?.type !== 'datetime' || isReadonly(field, instance.expressionContextInfo, expressionLanguage, form)) return errors;
    return [...errors, ...wrongDatetime(field, value)];
  };
}

Rules.$inject = ['validator', 'formFields', 'fieldFactory', 'formFieldRegistry', 'expressionLanguage', 'form'];

export const formRules = { __init__: ['formRules'], formRules: ['type', Rules] };

// ------------------------------------------------------------------ what nobody could read

/**
 * Inputs that show something of which form-js keeps nothing: "NaN", a minus alone, a day without its time.
 * Handed in, it would be lost without a word.
 */
export function unreadInputs(host) {
  const numbers = [...host.querySelectorAll('.fjs-form-field-number input')].filter(({ value }) => ['NaN', '-'].includes(value));
  const halves = [...host.querySelectorAll('.fjs-form-field-datetime.fjs-has-errors input, .fjs-form-field-datetime .fjs-form-field-error')];
  return [...numbers, ...halves];
}
