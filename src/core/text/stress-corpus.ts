// Texts that part one tokenizer from another: if two give the same ids for all of these, they cut, normalize and merge alike.
import type { Tokenizer } from './tokenizer.js';

export const stressCorpus: readonly string[] = [
  // spaces and line ends
  '',
  ' ',
  '  ',
  '       ',
  '\n',
  '\n\n\n',
  '\r\n \r\n',
  '\t\tindented\tby tabs\t',
  ' one space before',
  '   three before, two behind  ',
  'a  b   c    d     e',
  'line one\nline two\n\n  line four, after a gap\n',
  'ends in spaces    \n    and begins with them',
  '\u00a0no-break\u00a0spaces\u2003and\u3000wide ones',
  'zero\u200bwidth \u200d joiners \ufeff and a mark',
  // English
  'The quick miller grinds barley before the frost.',
  "It's what we're told; they've said I'm late, he'd know, she'll wait, don't.",
  "IT'S ALL IN CAPITALS, ISN'T IT? WE'LL SEE.",
  'Mixed CaseWords, camelCaseNames, snake_case_names and kebab-case-names',
  '"Quoted," he said (quietly) -- and left... [twice] {thrice}',
  'unbelievably antidisestablishmentarianistic hippopotamuses',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  '!!!!!!!! ???????? ........ -------- ________ ========',
  '#hashtag @someone 50% $12.99 5 & 6 * 7 ^ 8 ~9 `code`',
  // numbers
  '0 1 12 123 1234 12345 123456 1234567 12345678 123456789',
  '3.14159265358979, 1,000,000.00 and 6.02e23; 0x1F600; 1/2; 12:34:56',
  '2026-11-27T07:52:00Z +44 20 7946 0958 v1.2.3-rc.4',
  'x1y22z333 \u00b2\u00b3\u00b9 \u00bd \u2167 \u0661\u0662\u0663 \uff11\uff12',
  // code
  'function sum(values) {\n  return values.reduce((total, value) => total + value, 0);\n}\n',
  'def area(radius):\n    """Of a disc."""\n    return 3.14 * radius ** 2  # square units\n',
  '#include <stdio.h>\nint main(void) { printf("%d\\n", 42); return 0; }',
  'SELECT name, COUNT(*) AS n FROM ships WHERE year >= 1998 GROUP BY name;',
  '{"key": [1, 2.5, null, true], "nested": {"empty": {}}}',
  '<div class="box">&nbsp;<br/></div><!-- a remark -->',
  'https://example.org/path/to?query=a%20b&c=d#part name@example.org C:\\temp\\x',
  '\\frac{a}{b} \\times \\sqrt{x^2 + y_1} $$E = mc^2$$',
  'for (;;) { if (!(a && b || c)) { i++; --j; k <<= 2; } }',
  // other alphabets
  'Gr\u00fc\u00dfe aus K\u00f6ln, \u00e7a va? \u00bfQu\u00e9 tal, se\u00f1or? \u0141\u00f3d\u017a, \u010cesk\u00fd',
  '\u041f\u0440\u0438\u0432\u0435\u0442, \u043a\u0430\u043a \u0434\u0435\u043b\u0430? \u0412\u0441\u0451 \u0445\u043e\u0440\u043e\u0448\u043e.',
  '\u039a\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1 \u03ba\u03cc\u03c3\u03bc\u03b5',
  '\u4eca\u5929\u5929\u6c14\u5f88\u597d\uff0c\u6211\u4eec\u53bb\u516c\u56ed\u3002\u201c\u597d\u7684\uff01\u201d',
  '\u3053\u3093\u306b\u3061\u306f\u3001\u4e16\u754c\u3002\u30ab\u30bf\u30ab\u30ca\u3068\u6f22\u5b57',
  '\uc548\ub155\ud558\uc138\uc694, \uc138\uc0c1!',
  '\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645\u060c \u0643\u064a\u0641 \u0627\u0644\u062d\u0627\u0644\u061f',
  '\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd',
  '\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e',
  '\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01',
  '\u1785\u1798\u17d2\u179a\u17b6 \u10d2\u10d0\u10db\u10d0\u10e0\u10ef\u10dd\u10d1\u10d0 \u0531\u0532',
  // marks, compatibility forms, emoji, rare characters
  'caf\u00e9 and cafe\u0301, \u00c5 and A\u030a, \u1e9b\u0323',
  '\ufb01ne \uff26\uff35\uff2c\uff2c \u2460 \u2122 \u212b \u33a1 \u017fharp',
  'a\u0300\u0301\u0302\u0303 Z\u0335\u0322a\u0337\u0321l\u0338\u0327g\u0336\u0328o\u0334',
  '\u{1f600}\u{1f602} \u{1f44d}\u{1f3fd} \u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466} \u{1f1eb}\u{1f1f7} \u2764\ufe0f 5\ufe0f\u20e3',
  '\u{1d4d0}\u{1d4e3} \u{20000}\u{2a6d6} \u{10348} \u{e0041}\u{10ffff}',
  '\u2581marked\u2581\u2581spaces \u0120byte letters\u010a',
  '\u0000\u0001\u001b[31m\u007f\u0085\u2028\u2029\ufffd',
  '\u2190\u2191\u2192\u2193 \u2200x\u2203y \u2211\u222b\u221e \u2500\u2502\u250c\u2588 \u20ac\u00a3\u00a5\u20bf',
  // what control pieces look like
  '<s>a</s> <unk> <pad> [INST] b [/INST] <0x0A> <0xFF>',
  '<|endoftext|><|im_start|>user\nhello<|im_end|>\n<|eot_id|> <|begin_of_text|>',
  '<think>\nhm\n</think>\n\n<tool_call>{"name": "f"}</tool_call> <sep> <extra> [PAD7]',
  '<|im_start <| im_end|> |> <s </s',
];

const mostPieces = 48;

/** The corpus, and texts around the control pieces that this vocabulary has. */
export function stressTexts(tokenizer: Tokenizer): readonly string[] {
  const pieces: string[] = [];
  for (let id = 0; id < tokenizer.size && pieces.length < mostPieces; id++) {
    const piece = tokenizer.piece(id);
    if (piece !== '' && tokenizer.isControl(id)) pieces.push(piece);
  }
  return [...stressCorpus, ...pieces.map((piece) => `a${piece}b ${piece} c  ${piece}\n${piece}${piece}`)];
}
