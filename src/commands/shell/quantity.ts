// Numbers as people write them: 8k, 4.5G, 4GiB, 1-8*2.

const powers = 'kmgt';

/** A whole number; k, m and g multiply by 1024 (a context of 8k is 8192). Undefined when the text is none. */
export function readInteger(text: string): number | undefined {
  const match = /^([+-]?\d+(?:\.\d+)?(?:e\d+)?)([kmgt]?)$/i.exec(text.replaceAll('_', ''));
  if (match === null) return undefined;
  const value = Number(match[1]) * 1024 ** (powers.indexOf(match[2]!.toLowerCase() || ' ') + 1);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** A size in bytes: 4G and 4GB are 4e9, 4GiB is 2^32. */
export function readBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([kmgt]?)(i?)b?$/i.exec(text);
  if (match === null || (match[3] !== '' && match[2] === '')) return undefined;
  const value = Math.round(Number(match[1]) * (match[3] === '' ? 1000 : 1024) ** (powers.indexOf(match[2]!.toLowerCase() || ' ') + 1));
  return Number.isSafeInteger(value) ? value : undefined;
}

export function readNumber(text: string): number | undefined {
  const match = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
  return match ? Number(text) : undefined;
}

/** A list of whole numbers with ranges: `128,256`, `1-4`, `1-8+2`, `1-8*2`. */
export function readIntegers(text: string): number[] | undefined {
  const values: number[] = [];
  for (const part of text.split(',')) {
    const range = /^([^-]+)-([^+*]+)(?:([+*])(\d+))?$/.exec(part);
    const first = readInteger(range?.[1] ?? part);
    const last = range === null ? first : readInteger(range[2]!);
    const step = Number(range?.[4] ?? 1);
    if (first === undefined || last === undefined || (range?.[3] === '*' ? step < 2 || first < 1 : step < 1)) return undefined;
    for (let value = first; value <= last && values.length < 4096; value = range?.[3] === '*' ? value * step : value + step) values.push(value);
  }
  return values.length === 0 ? undefined : values;
}

/** 1100000000 as `1.1 GB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(value < 100 ? 1 : 0)} ${units[power]!}`;
}

/** 4196608 as `4,196,608`. */
export const grouped = (value: number): string => value.toLocaleString('en-US');

/** `1 file`, `1,200 files`. */
export const plural = (count: number, word: string): string => `${grouped(count)} ${word}${count === 1 ? '' : 's'}`;

/** 93.4 seconds as `1 min 33 s`. */
export function secondsText(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
