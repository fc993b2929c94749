// Files and keys that travel with the weights: verbatim where they can be, found wherever they hide, never trusted.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/base/event.js';
import { ggufVocabulary, huggingfaceFiles } from '../../../src/core/checkpoints/assets/index.js';
import type { Checkpoint } from '../../../src/core/checkpoints/checkpoint.js';
import type { GgufValue } from '../../../src/core/checkpoints/gguf-value.js';
import { ggufHeader } from '../../../src/core/checkpoints/gguf-writer.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { firstDifference, folderOfFiles, openFolder, openGguf, tokenizerOf } from '../../support/vocabularies.js';

const fixtures = join(import.meta.dirname, '../../../fixtures');
const llama3 = readFileSync(join(fixtures, 'tokenizers/bpe-llama3.tokenizer.json'));
const model = readFileSync(join(fixtures, 'tokenizers/spm-bpe.model'));
const text = (value: string): GgufValue => ({ type: 'string', value });
const strings = (...value: string[]): GgufValue => ({ type: 'array', of: 'string', value });

/** All small files that such a folder may have, with odd bytes in them, and some that stay behind. */
const travelling: readonly (readonly [string, Uint8Array | string])[] = [
  ['tokenizer.json', llama3],
  ['tokenizer.model', model],
  ['tokenizer_config.json', '{"bos_token": "<|begin_of_text|>",\r\n  "eos_token": {"content": "<|eot_id|>"}, "pad_token": "<|end_of_text|>"}'],
  ['special_tokens_map.json', '{}'],
  ['added_tokens.json', '{ }\n'],
  ['generation_config.json', '{"eos_token_id": [697, 698], "bos_token_id": 696, "temperature": 0.6, "top_p": 0.9, "top_k": 40}'],
  ['chat_template.jinja', '{{ messages[0].content }}\u00e9'],
  ['additional_chat_templates/tool_use.jinja', 'tools'],
  ['additional_chat_templates/rag.jinja', 'rag'],
  ['LICENSE', 'Do as you like.\n'],
];
const staying: readonly (readonly [string, string])[] = [
  ['README.md', '# a model card'],
  ['preprocessor_config.json', '{}'],
  ['modeling_custom.py', 'print(1)'],
];
const config: JsonObject = { model_type: 'llama', vocab_size: 704 };

const asBase64 = (files: Iterable<readonly [string, Uint8Array | string]>): Record<string, string> =>
  Object.fromEntries([...files].map(([name, bytes]): [string, string] => [name, Buffer.from(bytes as Uint8Array).toString('base64')]).sort());

test('a folder gives its small files as they are, and no others', async () => {
  const files = await huggingfaceFiles(await openFolder([...travelling, ...staying], config));
  expect(asBase64(files)).toEqual(asBase64(travelling));
});

test('folder, GGUF, folder: the same bytes', async () => {
  const gguf = await openGguf(await ggufVocabulary(await openFolder([...travelling, ...staying], config)));
  expect(asBase64(await huggingfaceFiles(gguf))).toEqual(asBase64(travelling));
  // and once more by way of a GGUF that was copied
  const copied = await openGguf(await ggufVocabulary(gguf));
  expect(asBase64(await huggingfaceFiles(copied))).toEqual(asBase64(travelling));
  expect(Object.keys(gguf.config).filter((key) => /contents|huggingface\.json/.test(key))).toEqual([]);
});

test('the storyteller: folder, GGUF, folder', async () => {
  const source = await openCheckpoint(join(fixtures, 'storyteller/f16'));
  const files = await huggingfaceFiles(await openGguf(await ggufVocabulary(source)));
  const names = ['generation_config.json', 'tokenizer.json', 'tokenizer_config.json'];
  expect(asBase64(files)).toEqual(asBase64(names.map((name) => [name, readFileSync(join(fixtures, 'storyteller/f16', name))])));
});

test('GGUF keys say what the folder says', async () => {
  const source = await openFolder(travelling, config);
  const keys = await ggufVocabulary(source, { vocabularySize: 704 });
  const value = (key: string): unknown => keys.get(key)?.value;
  expect(keys.get('tokenizer.ggml.model')).toEqual(text('gpt2'));
  expect(keys.get('tokenizer.ggml.pre')).toEqual(text('llama-bpe'));
  expect((value('tokenizer.ggml.tokens') as string[]).slice(695)).toEqual([
    '!!!???...',
    '<|begin_of_text|>',
    '<|end_of_text|>',
    '<|eot_id|>',
    '[PAD699]',
    '[PAD700]',
    '[PAD701]',
    '[PAD702]',
    '[PAD703]',
  ]);
  expect((value('tokenizer.ggml.token_type') as number[]).slice(695)).toEqual([1, 3, 3, 3, 5, 5, 5, 5, 5]);
  expect(keys.get('tokenizer.ggml.bos_token_id')).toEqual({ type: 'u32', value: 696 });
  expect(keys.get('tokenizer.ggml.eos_token_id')).toEqual({ type: 'u32', value: 698 });
  expect(keys.get('tokenizer.ggml.eot_token_id')).toEqual({ type: 'u32', value: 697 });
  expect(keys.get('llmx.generation.eos_token_ids')).toEqual({ type: 'array', of: 'u32', value: [697, 698] });
  expect(keys.get('tokenizer.ggml.padding_token_id')).toEqual({ type: 'u32', value: 697 });
  expect(keys.get('tokenizer.ggml.add_bos_token')).toEqual({ type: 'bool', value: true });
  expect(keys.get('tokenizer.chat_template')).toEqual(text('{{ messages[0].content }}\u00e9'));
  expect(keys.get('tokenizer.chat_template.tool_use')).toEqual(text('tools'));
  expect(keys.get('tokenizer.chat_templates')).toEqual(strings('rag', 'tool_use'));
  expect(keys.get('general.sampling.temp')).toEqual({ type: 'f32', value: 0.6 });
  expect(keys.get('general.sampling.top_k')).toEqual({ type: 'i32', value: 40 });
  expect(keys.get('tokenizer.huggingface.json')?.value).toBe(llama3.toString());

  const read = await openGguf(keys);
  expect(read.generation).toEqual(source.generation);
  expect(read.chatTemplates).toEqual(source.chatTemplates);
  expect((await tokenizerOf(read)).size).toBe(704);

  const bare = await ggufVocabulary(source, { carryFiles: false });
  expect([...bare.keys()].filter((key) => /huggingface/.test(key))).toEqual([]);
});

test('a GGUF is copied with its types, bit for bit', async () => {
  for (const file of ['tokenizers/bpe-llama3.gguf', 'tokenizers/spm-bpe.gguf', 'storyteller/storyteller-q8_0.gguf']) {
    const path = join(fixtures, file);
    const { metadata } = await openCheckpoint(path);
    const header = ggufHeader({ metadata: metadata!, tensors: [] });
    const original = readFileSync(path);
    expect(Buffer.from(header).subarray(24).equals(original.subarray(24, header.length)), file).toBe(true);
  }
});

test('every type of value, wide numbers and broken UTF-8 are read as they were written', async () => {
  const metadata = new Map<string, GgufValue>([
    ['general.architecture', text('llama')],
    ['a', { type: 'u8', value: 255 }],
    ['b', { type: 'i8', value: -128 }],
    ['c', { type: 'u16', value: 65535 }],
    ['d', { type: 'i16', value: -2 }],
    ['e', { type: 'i32', value: -5 }],
    ['f', { type: 'f32', value: 0.5 }],
    ['g', { type: 'u64', value: 2n ** 63n + 1n }],
    ['h', { type: 'i64', value: -7 }],
    ['i', { type: 'f64', value: 0.1 }],
    ['j', { type: 'bool', value: true }],
    ['k', { type: 'array', of: 'u64', value: [1, 2n ** 60n + 1n] }],
    ['l', { type: 'array', of: 'bool', value: [true, false] }],
    // bytes 80, ff and a lead without its tail, beside whole characters of every length
    ['m', strings('a\udc80\udcffz', '\udce4\udcbd\u00e9\u4f60\u{1f600}', '\ufffd', '')],
    ['n', { type: 'array', of: 'string', value: [] }],
  ]);
  const written = ggufHeader({ metadata, tensors: [] });
  expect(Buffer.from(written).includes(Buffer.from([0x61, 0x80, 0xff, 0x7a]))).toBe(true);
  const path = join(folderOfFiles([]), 'values.gguf');
  writeFileSync(path, written);
  const read = await openCheckpoint(path);
  expect(read.metadata).toEqual(metadata);
  expect(Buffer.from(ggufHeader({ metadata: read.metadata!, tensors: [] })).equals(Buffer.from(written))).toBe(true);
  expect(read.config['g']).toBe('9223372036854775809');
  expect(read.config['k']).toEqual([1, '1152921504606846977']);
  expect(read.config['m']).toEqual(['a\ufffd\ufffdz', '\ufffd\u00e9\u4f60\u{1f600}', '\ufffd', '']);
});

test('a GGUF that carries only tokenizer.huggingface.json gives it as it is', async () => {
  const source = await openCheckpoint(join(fixtures, 'tokenizers/bpe-llama3.gguf'));
  const gguf = await openGguf(new Map([...(await ggufVocabulary(source)), ['tokenizer.huggingface.json', text(llama3.toString())]]));
  const files = await huggingfaceFiles(gguf);
  expect(Buffer.from(files.get('tokenizer.json')!).equals(llama3)).toBe(true);
  const built = JSON.parse(Buffer.from(files.get('tokenizer_config.json')!).toString()) as JsonObject;
  expect(built).toMatchObject({
    bos_token: '<|begin_of_text|>',
    eos_token: '<|end_of_text|>',
    add_bos_token: true,
    clean_up_tokenization_spaces: false,
  });
});

test('built files hold templates, marks, padding, sampling and the window', async () => {
  const source = await openCheckpoint(join(fixtures, 'tokenizers/bpe-qwen2.gguf'));
  const gguf = await openGguf(
    new Map<string, GgufValue>([
      ...(await ggufVocabulary(source)),
      ['llama.context_length', { type: 'u32', value: 4096 }],
      ['tokenizer.ggml.padding_token_id', { type: 'u32', value: 690 }],
      ['tokenizer.chat_template', text('one')],
      ['tokenizer.chat_template.rag', text('two')],
      ['general.sampling.temp', { type: 'f32', value: 0.7 }],
    ]),
  );
  const files = await huggingfaceFiles(gguf);
  const json = (name: string): JsonObject => JSON.parse(Buffer.from(files.get(name)!).toString()) as JsonObject;
  expect(json('tokenizer_config.json')).toMatchObject({
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: 4096,
    pad_token: '<|endoftext|>',
    chat_template: [
      { name: 'default', template: 'one' },
      { name: 'rag', template: 'two' },
    ],
  });
  expect(json('special_tokens_map.json')).toEqual({ eos_token: '<|im_end|>', pad_token: '<|endoftext|>' });
  expect(json('generation_config.json')).toEqual({ eos_token_id: 692, pad_token_id: 690, do_sample: true, temperature: 0.7 });
  const folder = await openFolder(files);
  expect(folder.chatTemplates).toEqual(gguf.chatTemplates);
});

test('a tokenizer given in place of the own one is what travels', async () => {
  const given = folderOfFiles(travelling, config);
  const own = [
    ['tokenizer.json', readFileSync(join(fixtures, 'tokenizers/bpe-gpt2.tokenizer.json'))],
    ['vocab.json', '{}'],
    ['generation_config.json', '{"eos_token_id": 5}'],
  ] as const;
  const source = await openCheckpoint(folderOfFiles(own), { tokenizer: join(given, 'tokenizer.json') });
  const files = await huggingfaceFiles(source);
  expect(Buffer.from(files.get('tokenizer.json')!).equals(llama3)).toBe(true);
  expect([...files.keys()].sort()).toEqual([
    'added_tokens.json',
    'generation_config.json',
    'special_tokens_map.json',
    'tokenizer.json',
    'tokenizer.model',
    'tokenizer_config.json',
  ]);
  expect(Buffer.from(files.get('generation_config.json')!).toString()).toBe('{"eos_token_id": 5}');
  const gguf = await openGguf(await ggufVocabulary(source));
  expect(firstDifference(await tokenizerOf(source), await tokenizerOf(gguf))).toBeUndefined();
  expect(gguf.metadata!.has('tokenizer.huggingface.json')).toBe(false);

  const replaced = await openCheckpoint(join(fixtures, 'tokenizers/bpe-gpt2.gguf'), { tokenizer: join(given, 'tokenizer.json') });
  expect((await ggufVocabulary(replaced)).get('tokenizer.ggml.pre')).toEqual(text('llama-bpe'));
  expect(Buffer.from((await huggingfaceFiles(replaced)).get('tokenizer.json')!).equals(llama3)).toBe(true);
});

describe('chat templates', () => {
  const templates = async (files: readonly (readonly [string, string])[]): Promise<readonly [string | undefined, Record<string, string>]> => {
    const { chatTemplate, chatTemplates = new Map<string, string>() } = await openFolder(files);
    return [chatTemplate, Object.fromEntries(chatTemplates)];
  };
  const named = JSON.stringify({
    chat_template: [
      { name: 'rag', template: 'r' },
      { name: 'default', template: 'd' },
      { name: 'broken', template: 7 },
    ],
  });

  test('are found in every place', async () => {
    expect(await templates([])).toEqual([undefined, {}]);
    expect(await templates([['tokenizer_config.json', '{"chat_template": "t"}']])).toEqual(['t', { default: 't' }]);
    expect(await templates([['tokenizer_config.json', named]])).toEqual(['d', { rag: 'r', default: 'd' }]);
    expect(await templates([['chat_template.json', '{"chat_template": "j"}']])).toEqual(['j', { default: 'j' }]);
    expect(await templates([['additional_chat_templates/tool_use.jinja', 'a']])).toEqual(['a', { tool_use: 'a' }]);
  });

  test('of a file of its own counts more than a field', async () => {
    const all = [
      ['tokenizer_config.json', named],
      ['chat_template.json', '{"chat_template": "j"}'],
      ['chat_template.jinja', 'f'],
      ['additional_chat_templates/rag.jinja', 'r2'],
    ] as const;
    expect(await templates(all)).toEqual(['f', { rag: 'r2', default: 'f' }]);
    expect(await templates(all.slice(0, 2))).toEqual(['j', { rag: 'r', default: 'j' }]);
  });

  test('of a GGUF have names', async () => {
    const { chatTemplate, chatTemplates } = await openGguf(
      new Map([
        ['tokenizer.chat_template.tool_use', text('t')],
        ['tokenizer.chat_template.default', text('another')],
        ['tokenizer.chat_template', text('d')],
        ['tokenizer.chat_templates', strings('tool_use')],
      ]),
    );
    expect(chatTemplate).toBe('d');
    expect(Object.fromEntries(chatTemplates!)).toEqual({ default: 'd', tool_use: 't' });
  });
});

describe('a tokenizer.model alone', () => {
  test('takes added words and marks from the files beside it', async () => {
    const folder = await openFolder([
      ['tokenizer.model', model],
      ['added_tokens.json', '{"<|plain|>": 601, "<|far|>": 700}'],
      ['tokenizer_config.json', '{"add_bos_token": false, "added_tokens_decoder": {"600": {"content": "<|ctl|>", "special": true}}}'],
    ]);
    const tokenizer = await tokenizerOf(folder);
    expect(tokenizer.encode('<|ctl|><|plain|>')).toEqual([600, 601]);
    expect([tokenizer.size, tokenizer.isControl(600), tokenizer.isControl(601)]).toEqual([602, true, false]);
    expect(firstDifference(tokenizer, await tokenizerOf(await openGguf(await ggufVocabulary(folder))))).toBeUndefined();
  });
});

describe('what a file claims is checked', () => {
  const openCarried = async (...files: readonly (readonly [string, string])[]): Promise<Checkpoint> =>
    openGguf(
      new Map([
        ['llmx.huggingface.names', strings(...files.map(([name]) => name))],
        ['llmx.huggingface.contents', strings(...files.map(([, content]) => content))],
        ['llmx.huggingface.encodings', strings(...files.map(() => 'utf-8'))],
      ]),
    );

  test.each([
    '../evil',
    '/etc/passwd',
    'config.json',
    'model.safetensors',
    'additional_chat_templates/../../x.jinja',
    'additional_chat_templates/.x.jinja',
    'a/tokenizer.json',
    '',
    'vocab.json\0',
    'run.py',
  ])('the name %j', async (name) => {
    const source = await openCarried([name, 'x']);
    await expect(huggingfaceFiles(source)).rejects.toMatchObject({ code: 'malformed', message: expect.stringMatching(/names\[0\]/) });
  });

  test('a name that stands twice, and lists of different lengths', async () => {
    await expect(huggingfaceFiles(await openCarried(['vocab.json', 'x'], ['vocab.json', 'y']))).rejects.toMatchObject({ code: 'malformed' });
    const source = await openGguf(new Map([['llmx.huggingface.names', strings('vocab.json')]]));
    await expect(huggingfaceFiles(source)).rejects.toMatchObject({ code: 'malformed', message: expect.stringMatching(/lists of one length/) });
  });

  test.each<[string, GgufValue]>([
    ['llmx.generation.eos_token_ids', { type: 'array', of: 'i32', value: [1, -1] }],
    ['llmx.generation.eos_token_ids', { type: 'array', of: 'u32', value: [100_000] }],
    ['llmx.generation.eos_token_ids', text('1')],
    ['llmx.tokenizer.space_prefix', text('last')],
  ])('%s of another kind', async (key, value) => {
    const source = await openCheckpoint(join(fixtures, 'tokenizers/spm-bpe.gguf'));
    const keys = new Map([...(await ggufVocabulary(source)), [key, value]]);
    await expect(openGguf(keys)).rejects.toMatchObject({ code: 'malformed', message: expect.stringContaining(key) });
  });

  test('a carried tokenizer.json that is none', async () => {
    const source = await openCheckpoint(join(fixtures, 'tokenizers/spm-bpe.gguf'));
    const gguf = await openGguf(new Map([...(await ggufVocabulary(source)), ['tokenizer.huggingface.json', text('[1')]]));
    await expect(huggingfaceFiles(gguf)).rejects.toMatchObject({ code: 'malformed', message: expect.stringContaining('tokenizer.huggingface.json') });
  });

  test.each([10, 1e9])('a vocabulary of %d ids for a tokenizer of 699', async (vocabularySize) => {
    for (const source of [await openFolder([['tokenizer.json', llama3]]), await openCheckpoint(join(fixtures, 'tokenizers/bpe-llama3.gguf'))])
      await expect(ggufVocabulary(source, { vocabularySize })).rejects.toMatchObject({
        code: 'malformed',
        message: expect.stringMatching(new RegExp(`has 699 ids, its model's vocabulary ${vocabularySize}`)),
      });
  });

  test('ids far apart, and pieces too long to take apart', async () => {
    const vocabulary = { '<unk>': 0, a: 1, b: 8_000_000 };
    const file = { model: { type: 'BPE', vocab: vocabulary, merges: [] }, pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false } };
    await expect(ggufVocabulary(await openFolder([['tokenizer.json', JSON.stringify(file)]]))).rejects.toMatchObject({ code: 'unsupported' });
    const long = await openGguf(
      new Map<string, GgufValue>([
        ['tokenizer.ggml.model', text('llama')],
        ['tokenizer.ggml.tokens', strings('<unk>', 'a'.repeat(40_000))],
      ]),
    );
    const files = await huggingfaceFiles(long).catch((thrown: unknown) => thrown);
    // it is still written as a tokenizer.model, which takes nothing apart
    expect(files instanceof Map ? [...files.keys()] : files).not.toContain('tokenizer.json');
  });

  test('a folder without a tokenizer gives a GGUF that says so; one that cannot be read is refused', async () => {
    expect(await ggufVocabulary(await openFolder([]))).toEqual(new Map([['tokenizer.ggml.model', text('none')]]));
    await expect(ggufVocabulary(await openFolder([['vocab.txt', 'a']]))).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/vocab\.txt/),
    });
  });
});
