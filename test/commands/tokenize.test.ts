// `llmx tokenize` on the model that every clone has. Ids are checked against other programs in test/unit/text.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { freshFolder, llmx, shell } from '../support/llmx.js';

describe('tokenize', () => {
  const text = 'Once upon a time, there was a little girl.';

  test('ids, pieces and bytes agree, and decode gives the text back', async () => {
    const report = JSON.parse((await llmx(['tokenize', text, '--json', '-q'])).stdout) as { ids: number[]; pieces: string[]; bytes: string[] };
    expect(report.pieces.length).toBe(report.ids.length);
    expect(Buffer.from(report.bytes.join(''), 'hex').toString().trimStart()).toBe(text);
    expect((await llmx(['tokenize', text, '--ids', '-q'])).stdout).toBe(`${report.ids.join(' ')}\n`);
    expect((await llmx(['tokenize', text, '-q'])).stdout.trimEnd().split('\n').length).toBe(report.ids.length);
    expect((await llmx(['tokenize', '--decode', report.ids.join(' '), '-q'])).stdout).toBe(`${text}\n`);
    expect((await shell(`printf '%s' '${text}' | llmx tokenize --ids -q`)).stdout).toBe(`${report.ids.join(' ')}\n`);
  });

  test('--batch goes there and back', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'in.jsonl'), '{"text":"one day"}\n\n{"id":"b","text":"two cats"}\n');
    const { code, stdout } = await shell('set -o pipefail; llmx tokenize --batch in.jsonl -q | llmx tokenize --decode --batch - -q', { folder });
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { id: 0, text: 'one day' },
      { id: 'b', text: 'two cats' },
    ]);
  });

  test('a row that is none is named by its line', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'in.jsonl'), '{"text":"a"}\n{"txt":"b"}\n');
    expect(await llmx(['tokenize', '--batch', 'in.jsonl', '-q'], { folder })).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('in.jsonl, line 2: not a JSON object with a text') as string,
    });
  });

  test('a reader that leaves in the middle is no failure', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'in.jsonl'), '{"text":"a b c"}\n'.repeat(20000));
    const { code, stderr } = await shell('set -o pipefail; llmx tokenize --batch in.jsonl -q | head -n 1', { folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('what is wrong on stdin says where it stands and how it should be', async () => {
    const { code, stderr } = await llmx(['tokenize', '--batch', '-', '-q'], { input: '{"text":"a"}\nhello\n' });
    expect(code).toBe(4);
    expect(stderr).toBe(
      'error: stdin, line 2: not JSON\nhint: A row of --batch is a JSON object with a text, for example {"id": 1, "text": "Hello"}\n',
    );
    const folder = freshFolder();
    writeFileSync(join(folder, 'latin1.jsonl'), Buffer.from('{"text":"\xe9"}\n', 'latin1'));
    expect(await llmx(['tokenize', '--batch', 'latin1.jsonl', '-q'], { folder })).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('latin1.jsonl: not UTF-8 text') as string,
    });
  });
});
