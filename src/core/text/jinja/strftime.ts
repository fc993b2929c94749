// Python's `strftime` in the C locale, of a moment in the local time zone.
import { fail } from './failure.js';

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = 'January February March April May June July August September October November December'.split(' ');

interface Field {
  readonly value: string | number;
  readonly width?: number;
  /** What fills the width, `0` unless said. */
  readonly fill?: string;
}

const number = (value: number, width = 2, fill = '0'): Field => ({ value, width, fill });
const twelve = (hour: number): number => hour % 12 || 12;

/** From 0. */
function dayOfYear(now: Date): number {
  return Math.round((Date.UTC(now.getFullYear(), now.getMonth(), now.getDate()) - Date.UTC(now.getFullYear(), 0, 1)) / 86_400_000);
}

/** Weeks since the first of those that begin on `firstDay`. */
const week = (now: Date, firstDay: number): number => Math.floor((dayOfYear(now) + 7 - ((now.getDay() + 7 - firstDay) % 7)) / 7);

/** ISO 8601: the week belongs to the year of its Thursday. */
function isoWeek(now: Date): readonly [year: number, week: number] {
  const thursday = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 3 - ((now.getDay() + 6) % 7));
  return [thursday.getFullYear(), Math.floor(dayOfYear(thursday) / 7) + 1];
}

const fields: Readonly<Record<string, (now: Date) => Field | string>> = {
  a: (now) => ({ value: days[now.getDay()]!.slice(0, 3) }),
  A: (now) => ({ value: days[now.getDay()]! }),
  b: (now) => ({ value: months[now.getMonth()]!.slice(0, 3) }),
  h: (now) => ({ value: months[now.getMonth()]!.slice(0, 3) }),
  B: (now) => ({ value: months[now.getMonth()]! }),
  c: () => '%a %b %e %H:%M:%S %Y',
  C: (now) => number(Math.floor(now.getFullYear() / 100)),
  d: (now) => number(now.getDate()),
  D: () => '%m/%d/%y',
  e: (now) => number(now.getDate(), 2, ' '),
  f: (now) => number(now.getMilliseconds() * 1000, 6),
  F: () => '%Y-%m-%d',
  g: (now) => number(isoWeek(now)[0] % 100),
  G: (now) => number(isoWeek(now)[0], 4),
  H: (now) => number(now.getHours()),
  I: (now) => number(twelve(now.getHours())),
  j: (now) => number(dayOfYear(now) + 1, 3),
  k: (now) => number(now.getHours(), 2, ' '),
  l: (now) => number(twelve(now.getHours()), 2, ' '),
  m: (now) => number(now.getMonth() + 1),
  M: (now) => number(now.getMinutes()),
  n: () => ({ value: '\n' }),
  p: (now) => ({ value: now.getHours() < 12 ? 'AM' : 'PM' }),
  P: (now) => ({ value: now.getHours() < 12 ? 'am' : 'pm' }),
  r: () => '%I:%M:%S %p',
  R: () => '%H:%M',
  s: (now) => ({ value: Math.floor(now.getTime() / 1000) }),
  S: (now) => number(now.getSeconds()),
  t: () => ({ value: '\t' }),
  T: () => '%H:%M:%S',
  u: (now) => number(now.getDay() || 7, 1),
  U: (now) => number(week(now, 0)),
  V: (now) => number(isoWeek(now)[1]),
  w: (now) => number(now.getDay(), 1),
  W: (now) => number(week(now, 1)),
  x: () => '%m/%d/%y',
  X: () => '%H:%M:%S',
  y: (now) => number(now.getFullYear() % 100),
  Y: (now) => ({ value: now.getFullYear() }),
  // A moment without a time zone, as `datetime.now()` is.
  z: () => ({ value: '' }),
  Z: () => ({ value: '' }),
  '%': () => ({ value: '%' }),
};

/** Characters that a character of a format makes at most: those of `%c`, halved, with room. */
export const longestField = 16;

export function strftime(now: Date, format: string): string {
  return format.replace(/%([-_0^#]?)([\s\S]?)/gu, (whole: string, flag: string, letter: string) => {
    if (!Object.hasOwn(fields, letter)) return /^[EO+]$/.test(letter) ? fail('unsupported', `strftime with ${whole}`) : whole;
    const field = fields[letter]!(now);
    if (typeof field === 'string') return strftime(now, field);
    const fill = flag === '_' ? ' ' : flag === '0' ? '0' : (field.fill ?? '0');
    const text = flag === '-' ? String(field.value) : String(field.value).padStart(field.width ?? 0, fill);
    return flag === '^' ? text.toUpperCase() : flag === '#' ? swapped(text, letter) : text;
  });
}

const swapped = (text: string, letter: string): string => (letter === 'p' ? text.toLowerCase() : text.toUpperCase());
