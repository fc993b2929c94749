// GGUF strings that are no UTF-8 (pieces of some vocabularies): each such byte stands as U+DC00 + byte, so that a file can be
// written as it was read. Knows nothing of keys or vocabularies.

const escapeBase = 0xdc00;

/** Bytes of the character that begins at `at`, or 0 where none does: UTF-8 without overlong forms and surrogates. */
function characterLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return 1;
  const length = lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  for (let next = at + 1; next < at + length; next++) if ((bytes[next]! & 0xc0) !== 0x80) return 0;
  const second = bytes[at + 1]!;
  const wrong =
    (lead === 0xe0 && second < 0xa0) || (lead === 0xed && second >= 0xa0) || (lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second >= 0x90);
  return wrong ? 0 : length;
}

/** The text of bytes, those that are no UTF-8 escaped. */
export function escapeBytes(bytes: Buffer): string {
  let text = '';
  let valid = 0; // where the valid run began
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += bytes.toString('utf8', valid, at) + String.fromCharCode(escapeBase + bytes[at]!);
    valid = ++at;
  }
  return text + bytes.toString('utf8', valid);
}

const escape = /[\udc80-\udcff]/u; // with the flag `u` a trailing half of a pair is no match

/** The bytes of a text, escaped ones as they were. */
export function unescapeBytes(text: string): Buffer {
  if (!escape.test(text)) return Buffer.from(text, 'utf8');
  return Buffer.concat(
    text.split(/([\udc80-\udcff])/u).map((part, index) => (index % 2 === 1 ? Buffer.of(part.charCodeAt(0) - escapeBase) : Buffer.from(part, 'utf8'))),
  );
}
