// A byte-level BPE vocabulary of any size that every GPT-2 style loader takes: 256 bytes, letter strings built by merges,
// then control tokens under Llama 3's names.

export interface Vocabulary {
  readonly tokens: readonly string[];
  /** GGUF token types: 1 normal, 3 control. */
  readonly types: readonly number[];
  /** `left right`, best first. */
  readonly merges: readonly string[];
  readonly bos: number;
  readonly eos: number;
}

const controls = 256;

/** GPT-2's characters for the 256 bytes: printable ones stand for themselves, the others follow from U+0100. */
function byteCharacters(): string[] {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
}

export function makeVocabulary(size: number): Vocabulary {
  const bytes = byteCharacters();
  const letters = [...'etaoinshrdlcumwfgypbvkjxqz'];
  const tokens = [...bytes];
  const merges: string[] = [];
  const wanted = size - controls;
  // Strings grow by a letter at a time, so that each needs one merge, and shorter ones rank first.
  let shorter = [bytes[32]!, ...letters];
  while (tokens.length < wanted) {
    const longer: string[] = [];
    for (const stem of shorter) {
      for (const letter of letters) {
        if (tokens.length === wanted) break;
        merges.push(`${stem} ${letter}`);
        tokens.push(stem + letter);
        longer.push(stem + letter);
      }
    }
    shorter = longer;
  }
  const bos = tokens.length;
  tokens.push('<|begin_of_text|>', '<|end_of_text|>');
  for (let number = 0; tokens.length < size; number++) tokens.push(`<|reserved_special_token_${number}|>`);
  return { tokens, types: tokens.map((_, id) => (id < bos ? 1 : 3)), merges, bos, eos: bos + 1 };
}
