// A float's exact decimal digits, rounded half to even as C's printf and Python's round do.
import { fail } from './failure.js';

/** More places than any double has. */
const mostPlaces = 1100;

/** |value| * 10^places as an integer. `value` is finite; places may be negative. */
function scaled(value: number, places: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(value));
  const bits = view.getBigUint64(0);
  const biased = Number(bits >> 52n);
  const mantissa = (bits & ((1n << 52n) - 1n)) | (biased === 0 ? 0n : 1n << 52n);
  const exponent = Math.max(biased, 1) - 1075;
  let [numerator, denominator] = [mantissa, 1n];
  if (places >= 0) numerator *= 10n ** BigInt(places);
  else denominator *= 10n ** BigInt(-places);
  if (exponent >= 0) numerator <<= BigInt(exponent);
  else denominator <<= BigInt(-exponent);
  const [quotient, rest] = [numerator / denominator, numerator % denominator];
  const twice = rest * 2n;
  return twice > denominator || (twice === denominator && (quotient & 1n) === 1n) ? quotient + 1n : quotient;
}

/** `%.{places}f` of |value|. */
export function fixed(value: number, places: number): string {
  const kept = Math.min(places, mostPlaces);
  const digits = scaled(value, kept)
    .toString()
    .padStart(kept + 1, '0');
  const whole = digits.slice(0, digits.length - kept);
  return places === 0 ? whole : `${whole}.${digits.slice(digits.length - kept)}${'0'.repeat(places - kept)}`;
}

/** The `count` leading digits of |value|, and the power of ten of the first. */
export function leading(value: number, count: number): readonly [digits: string, exponent: number] {
  if (value === 0) return ['0'.repeat(count), 0];
  const kept = Math.min(count, mostPlaces);
  let exponent = Number(Math.abs(value).toExponential().split('e')[1]);
  let digits = scaled(value, kept - 1 - exponent).toString();
  if (digits.length !== kept) {
    exponent += digits.length - kept;
    digits = scaled(value, kept - 1 - exponent).toString();
    // 9.99 rounds up to 10.0.
    if (digits.length > kept) [digits, exponent] = [digits.slice(0, kept), exponent + 1];
  }
  return [digits.padEnd(count, '0'), exponent];
}

/** `%.{places}e` of |value|. */
export function exponential(value: number, places: number): string {
  const [digits, exponent] = leading(value, places + 1);
  const fraction = places === 0 ? '' : `.${digits.slice(1)}`;
  return `${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** `%.{precision}g` of |value|; `alternate` keeps the zeros at its end. */
export function general(value: number, precision: number, alternate: boolean): string {
  const count = Math.max(1, precision);
  const [, exponent] = leading(value, count);
  const text = exponent < -4 || exponent >= count ? exponential(value, count - 1) : fixed(value, count - 1 - exponent);
  if (alternate) return text;
  const [mantissa = '', power] = text.split('e');
  const short = mantissa.includes('.') ? mantissa.slice(0, lastDigit(mantissa)) : mantissa;
  return power === undefined ? short : `${short}e${power}`;
}

/** Where a fraction's last digit but zeros ends, or its point begins. */
function lastDigit(mantissa: string): number {
  let end = mantissa.length;
  while (mantissa[end - 1] === '0') end -= 1;
  return mantissa[end - 1] === '.' ? end - 1 : end;
}

/** Python's `round(value, places)`. */
export function roundTo(value: number, places: number): number {
  if (!Number.isFinite(value) || places > 400) return value;
  if (places < -400) return value * 0;
  const digits = scaled(value, places);
  const rounded = places > 0 ? Number(`${digits}e${-places}`) : Number(digits * 10n ** BigInt(-places));
  if (!Number.isFinite(rounded)) fail('OverflowError', 'rounded value too large to represent');
  return value < 0 || Object.is(value, -0) ? -rounded : rounded;
}
