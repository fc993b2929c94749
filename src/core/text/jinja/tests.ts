// Jinja2's tests: what may follow `is`.
import { binder } from './arguments.js';
import { fail, recover } from './failure.js';
import { contains, iteratorOf, lengthOf } from './iterate.js';
import { binary, compare, type Comparison } from './operators.js';
import { str } from './print.js';
import type { Run } from './run.js';
import { classes } from './text-classes.js';
import { isInt, isKind, isUndefined, numberOf, textOf, type Call, type Value } from './value.js';

type Check = (run: Run, value: Value, other: Value) => boolean;

const checks = new Map<string, Call>();

function define(name: string, check: Check, signature = 'value'): void {
  const bind = binder(name, signature);
  checks.set(name, (run, positional, keywords) => {
    const [value = null, other = null] = bind(positional, keywords);
    return check(run, value, other);
  });
}

const remainder = (run: Run, value: Value, by: Value): number => Number(numberOf(binary(run, '%', value, by)) ?? fail('TypeError', 'not a number'));
const textTest = (name: string): ((text: string) => boolean) => classes.find(([each]) => each === name)![1];
const [isLower, isUpper] = [textTest('islower'), textTest('isupper')];

define('odd', (run, value) => remainder(run, value, 2) === 1);
define('even', (run, value) => remainder(run, value, 2) === 0);
define('divisibleby', (run, value, num) => remainder(run, value, num) === 0, 'value, num');
define('defined', (_, value) => !isUndefined(value));
define('undefined', (_, value) => isUndefined(value));
define('none', (_, value) => value === null);
define('boolean', (_, value) => typeof value === 'boolean');
define('false', (_, value) => value === false);
define('true', (_, value) => value === true);
define('integer', (_, value) => isInt(value));
define('float', (_, value) => isKind(value, 'float'));
define('lower', (run, value) => isLower(str(run, value)));
define('upper', (run, value) => isUpper(str(run, value)));
define('string', (_, value) => textOf(value) !== undefined);
define('mapping', (_, value) => isKind(value, 'dict'));
define('number', (_, value) => numberOf(value) !== undefined);
define('sequence', (run, value) => isSequence(run, value));
define('iterable', (run, value) => iteratorOf(run, value) !== undefined);
define('callable', (_, value) => isUndefined(value) || (isKind(value, 'object') && value.call !== undefined));
define('sameas', (_, value, other) => value === other, 'value, other');
define('escaped', (_, value) => isKind(value, 'markup'));
define('in', (run, value, seq) => contains(run, seq, value), 'value, seq');

/** What has a length and items by index. */
function isSequence(run: Run, value: Value): boolean {
  if (isKind(value, 'view') || isKind(value, 'object')) return false;
  return recover(
    ['TypeError'],
    () => lengthOf(run, value) !== undefined,
    () => false,
  );
}

const comparisons: Readonly<Record<string, Comparison>> = {
  '==': '==',
  eq: '==',
  equalto: '==',
  '!=': '!=',
  ne: '!=',
  '>': '>',
  gt: '>',
  greaterthan: '>',
  ge: '>=',
  '>=': '>=',
  '<': '<',
  lt: '<',
  lessthan: '<',
  '<=': '<=',
  le: '<=',
};
for (const [name, operator] of Object.entries(comparisons)) define(name, (run, value, other) => compare(run, operator, value, other), 'a, b, /');

/** The test of that name among those above, or of filters and tests by name. */
export function testNamed(name: string, filterNames: ReadonlySet<string>): Call | undefined {
  if (name === 'filter') return (_, [value = null]) => filterNames.has(textOf(value) ?? '');
  if (name === 'test') return (_, [value = null]) => checks.has(textOf(value) ?? '') || ['filter', 'test'].includes(textOf(value) ?? '');
  return checks.get(name);
}
