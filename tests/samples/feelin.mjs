/**
 * FEEL as the browser evaluates it. Reads lines of JSON, `{"text", "tests", "context"}`, and answers each with
 * `{"kind", "value"}`, or `{"kind": "refused", "value": message}`. The first argument is feelin's module.
 */
import { createInterface } from 'node:readline';

const feelin = await import(process.argv[2]);

const TEMPORAL = [feelin.FeelDate, feelin.FeelTime, feelin.FeelDateTime, feelin.FeelDuration];

function tagged(value) {
  if (value === null || value === undefined) return { kind: 'null', value: null };
  if (typeof value === 'number') return { kind: 'number', value: String(value) };
  if (typeof value === 'string') return { kind: 'string', value };
  if (typeof value === 'boolean') return { kind: 'boolean', value };
  if (Array.isArray(value)) return { kind: 'list', value: value.map(tagged) };
  if (TEMPORAL.some((one) => value instanceof one)) return { kind: 'temporal', value: value.toString() };
  if (feelin.isRange(value)) {
    const ends = [value.start, value.end].map(tagged);
    return { kind: 'range', value: [...ends, value['start included'], value['end included']] };
  }
  if (typeof value === 'function' || feelin.isFunction(value)) return { kind: 'function', value: null };
  const entries = Object.entries(value).map(([key, inner]) => [key, tagged(inner)]);
  return { kind: 'context', value: Object.fromEntries(entries) };
}

function answer({ text, tests, context }) {
  try {
    const found = tests ? feelin.unaryTest(text, context) : feelin.evaluate(text, context);
    return tagged(found.value);
  } catch (error) {
    return { kind: 'refused', value: error.message };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
}
