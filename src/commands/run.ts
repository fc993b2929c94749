// llmx run: one prompt to text on stdout, for people, pipes and scripts. Never interactive.
import { readFile, writeFile } from 'node:fs/promises';
import { asLlmxError, LlmxError } from '../core/base/error.js';
import type { Job } from '../core/base/event.js';
import { overflows } from '../core/jobs/overflow.js';
import type { RunOptions, RunReport } from '../core/jobs/run.js';
import { defineCommand } from './shell/command.js';
import type { Context } from './shell/context.js';
import { generationFlags, promptFlags } from './shell/flags/generation.js';
import { modelFlags, modelReference } from './shell/flags/model.js';
import { readSampling, samplingFlags } from './shell/flags/sampling.js';
import { HelpWanted } from './shell/errors.js';
import { paint } from './shell/terminal.js';

/** Without --threads the backend takes every physical core. */
const allCores = 0;

const { contextOverflow, predict, stop, ignoreEos, stream, stats, output, logprobs } = generationFlags;
const { prompt, file, stdin } = promptFlags;

export const command = defineCommand({
  examples: [
    'llmx run "Once upon a time"',
    'git diff | llmx run -m model.gguf "Write a commit message" -n 80',
    'llmx run -m model.gguf -f page.txt --json | jq -r .text',
  ],
  description:
    'The prompt is stdin, a blank line, then the arguments; the model goes on where it ends. stdout gets the generated text and nothing else.',
  arguments: { prompt: { help: 'Text to go on from', variadic: true } },
  flags: {
    prompt,
    file,
    stdin,
    predict,
    contextOverflow: { ...contextOverflow, choices: overflows },
    stop,
    ignoreEos,
    stream,
    stats,
    output,
    logprobs,
    echo: { kind: 'boolean', group: 'Generation options', help: 'Print the prompt before the text' },
    ...samplingFlags,
    ...modelFlags,
  },
  exits: [0, 1, 2, 4, 5, 130],
  async *run(given, flags, context): Job<RunReport> {
    const text = await readPrompt(given.prompt, flags, context);
    const options: RunOptions = {
      reference: modelReference(flags),
      ...(flags.tokenizer === undefined ? {} : { tokenizer: flags.tokenizer }),
      prompt: text,
      device: flags.device,
      threads: flags.threads ?? allCores,
      contextLength: flags.contextSize,
      chunk: flags.batchSize,
      cacheFormat: flags.cacheType,
      overflow: flags.contextOverflow,
      maxTokens: flags.predict,
      sampling: readSampling(flags),
      stop: flags.stop,
      ignoreEos: flags.ignoreEos,
      ...(flags.logprobs === undefined ? {} : { logprobs: flags.logprobs }),
    };
    const { stdout } = context.terminal;
    const streams = flags.stream && flags.output === undefined && context.output === 'text';
    // On a terminal the prompt stands before what continues it; in a pipe only on request.
    let before = flags.echo || stdout.tty ? (stdout.tty ? paint(stdout, 'dim', text) : text) : '';
    const { run } = await import('../core/jobs/run.js');
    const job = run(options, context.signal);
    for (;;) {
      const step = await job.next();
      if (step.done) return await deliver(step.value, flags.output, flags.echo ? text : '');
      if (streams && step.value.type === 'token') await context.print(before + step.value.text);
      if (step.value.type === 'token') before = '';
      yield step.value;
    }
  },
  human: (report, _context, { stream: streamed, output: written }) => (written !== undefined ? '' : streamed ? '\n' : report.text),
  notes: ({ finish_reason, completion_tokens, prompt_tokens, seed, timings }, _context, { stats: wanted }) => [
    ...(finish_reason === 'length' ? [`stopped after ${completion_tokens} tokens (raise it with -n, or -n -1 to go on to the end)`] : []),
    ...(wanted
      ? [
          `prompt ${prompt_tokens} tokens, ${timings.prompt_tps.toFixed(1)} tokens/s; generated ${completion_tokens}, ${timings.gen_tps.toFixed(1)} tokens/s; loaded in ${timings.load_ms.toFixed(0)} ms; seed ${seed}`,
        ]
      : []),
  ],
});

interface PromptSources {
  readonly prompt: string | undefined;
  readonly file: string | undefined;
  readonly stdin: boolean;
}

/** stdin, the file, then the words, with a blank line between what there is. */
async function readPrompt(words: readonly string[], { prompt: flag, file: path, stdin: reads }: PromptSources, context: Context): Promise<string> {
  const parts: string[] = [];
  const fromStdin = path === '-' || (reads && context.stdin.offered);
  if (fromStdin) parts.push((await context.stdin.text()).replace(/\r?\n$/, ''));
  if (path !== undefined && path !== '-') parts.push(await readText(path));
  const spoken = [...(flag === undefined ? [] : [flag]), ...words];
  if (spoken.length > 0) parts.push(spoken.join(' '));
  if (parts.length === 0) throw new HelpWanted('no prompt: give it as an argument, with -f FILE, or on stdin');
  return parts.filter((part) => part !== '').join('\n\n');
}

async function readText(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    throw new LlmxError('not-found', `${path}: ${asLlmxError(error).message}`, 'Check the path given with -f');
  }
}

async function deliver(report: RunReport, path: string | undefined, before: string): Promise<RunReport> {
  if (path !== undefined)
    await writeFile(path, `${before}${report.text}\n`).catch((error: Error) => {
      throw new LlmxError('disk', `${path}: ${error.message}`);
    });
  return report;
}
