// GPT-2's alphabet: every byte has one printable character, so that a byte-level vocabulary can be written as text.

const printable = (byte: number): boolean => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

/** Character of each byte: itself where printable, else the next free one from U+0100 on. */
export const byteCharacters: readonly string[] = (() => {
  let free = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : free++));
})();

const bytesOfCharacters: ReadonlyMap<string, number> = new Map(byteCharacters.map((character, byte) => [character, byte]));

const encoder = new TextEncoder();

/** UTF-8 bytes of a text. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** A text in the byte alphabet. */
export function spellBytes(text: string): string {
  let spelled = '';
  for (const byte of encoder.encode(text)) spelled += byteCharacters[byte];
  return spelled;
}

/** The bytes that a piece of a byte-level vocabulary spells; undefined when a character is not of the alphabet. */
export function unspellBytes(piece: string): Uint8Array | undefined {
  const bytes = new Uint8Array(piece.length);
  for (let index = 0; index < piece.length; index++) {
    const byte = bytesOfCharacters.get(piece[index]!);
    if (byte === undefined) return undefined;
    bytes[index] = byte;
  }
  return bytes;
}

/** How a vocabulary with byte fallback spells one byte: `<0x0A>`. */
export const bytePiece = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;

/** The byte of a `<0xNN>` piece, or undefined. */
export function byteOfPiece(piece: string): number | undefined {
  return /^<0x[0-9A-Fa-f]{2}>$/.test(piece) ? Number.parseInt(piece.slice(3, 5), 16) : undefined;
}

/** Mark of a space in SentencePiece vocabularies: U+2581, lower one eighth block. */
export const spaceMark = '\u2581';
