// llmx run: one prompt to text on stdout, for people, pipes and scripts. Never interactive.
import { readFile, writeFile } from 'node:fs/promises';
import { LlmxError } from '../core/base/error.js';
import type { Job } from '../core/base/event.js';
import type { ParsedMessages } from '../core/jobs/chat/parse-messages.js';
import type { ModelChoice } from '../core/jobs/open-model.js';
import type { RunOptions, RunReport } from '../core/jobs/run.js';
import { readError, writeError } from '../core/jobs/system-errors.js';
import { defineCommand } from './shell/command.js';
import type { Context } from './shell/context.js';
import { messageFlags, readSystem, readVariables } from './shell/flags/chat.js';
import { readTextOf } from './shell/read-text.js';
import { generationFlags, promptFlags } from './shell/flags/generation.js';
import { modelChoice, modelFlags } from './shell/flags/model.js';
import { readSampling, samplingFlags } from './shell/flags/sampling.js';
import { HelpWanted } from './shell/errors.js';
import { plural } from './shell/quantity.js';
import { checkWritable } from './shell/write-file.js';

/** Without --threads the backend takes every physical core. */
const allCores = 0;
/** Characters of a prompt that a terminal shows unasked. */
const shortPrompt = 500;

export const command = defineCommand({
  examples: [
    'llmx run "Once upon a time"',
    'git diff | llmx run -m model.gguf "Write a commit message" -n 80',
    'llmx run -m model.gguf -f page.txt --json | jq -r .text',
    'llmx run -m model.gguf --messages chat.jsonl --reasoning off',
  ],
  description:
    'The prompt is stdin, a blank line, then the arguments. A model with a chat template answers it; one without, or with --raw, goes on where it ends. stdout gets the generated text and nothing else, stderr what the model thinks.',
  arguments: { prompt: { help: 'Text to go on from', variadic: true } },
  flags: {
    ...promptFlags,
    ...messageFlags,
    raw: {
      kind: 'boolean',
      group: 'Chat options',
      conflicts: ['messages', 'chatTemplate'],
      help: 'Go on with the text as it stands, without a chat template',
    },
    hideReasoning: { kind: 'boolean', group: 'Chat options', short: 'R', help: 'Do not show what the model thinks' },
    ...generationFlags,
    ...samplingFlags,
    ...modelFlags,
  },
  exits: [0, 1, 2, 4, 5, 130],
  async *run(given, flags, context): Job<RunReport> {
    const choice = modelChoice(flags, context);
    if (flags.logprobs !== undefined && context.output === 'text' && context.global.logFile === undefined)
      throw new LlmxError('usage', '--logprobs are part of the report, and text shows none', 'Add --json or --jsonl');
    if (flags.output !== undefined) checkWritable(flags.output, 'Choose another file with -o');
    const { messages } = flags;
    if (messages !== undefined && (given.prompt.length > 0 || flags.prompt !== undefined || flags.file !== undefined))
      throw new LlmxError('usage', '--messages and a prompt do not go together', 'The messages are the prompt; put what is asked into the last one');
    if (messages === undefined && !offersPrompt(given.prompt, flags, context)) await refuseToGuess(choice);
    const variables = readVariables(flags);
    const system = await readSystem(flags, context);
    let text = '';
    const options: RunOptions = {
      ...choice,
      prompt: async () => (text = await readPrompt(given.prompt, flags, context)),
      chat: {
        chatTemplate: flags.raw ? 'none' : flags.chatTemplate,
        variables,
        ...(system === undefined ? {} : { system }),
        ...(messages === undefined ? {} : { messages: () => readMessages(messages, context) }),
      },
      device: flags.device,
      gpuLayers: flags.gpuLayers,
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
    const streams = flags.stream && flags.output === undefined;
    // On a terminal a short prompt stands before what continues it; else, and before an answer, only on request.
    let shown = flags.output !== undefined;
    const showPrompt = async (): Promise<void> => {
      if (!shown && (flags.echo || (stdout.tty && text.length <= shortPrompt))) await context.print(text, stdout.tty ? 'dim' : undefined);
      shown = true;
    };
    const { run } = await import('../core/jobs/run.js');
    const job = run(options, context.signal);
    for (;;) {
      const step = await job.next();
      if (step.done) {
        if (step.value.finish_reason !== 'interrupted') await showPrompt();
        if (flags.output !== undefined) await deliver(`${flags.echo ? text : ''}${step.value.text}`, flags.output);
        return step.value;
      }
      const event = step.value;
      if (event.type === 'plan' && !flags.echo) shown = true;
      if (streams && event.type === 'token') {
        await showPrompt();
        await context.print(event.text);
      }
      if (event.type !== 'reasoning' || !flags.hideReasoning) yield event;
    }
  },
  human: ({ text }, _context, { stream: streamed, output: written }) =>
    written !== undefined ? '' : withEnd(text).slice(streamed ? text.length : 0),
  notes: (report, _context, { stats: wanted, ...flags }) => {
    const { prompt_tokens, completion_tokens, seed, timings } = report;
    return [
      ...(flags.seed < 0 && flags.temperature > 0 && !flags.greedy && !wanted ? [`seed ${seed} (-s ${seed} tells it again)`] : []),
      ...(report.finish_reason === 'length' ? [lengthNote(report, flags)] : []),
      ...(wanted
        ? [
            `prompt ${prompt_tokens} tokens, ${timings.prompt_tps.toFixed(1)} tokens/s; generated ${completion_tokens}, ${timings.gen_tps.toFixed(1)} tokens/s; loaded in ${timings.load_ms.toFixed(0)} ms; seed ${seed}`,
          ]
        : []),
    ];
  },
});

/** Text as a file and a terminal want it: its last line has an end. */
const withEnd = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);

/** Why a text ended in the middle: by -n, or because the context is full. */
function lengthNote(
  { completion_tokens: made, context_length: context }: RunReport,
  { predict, contextSize }: { readonly predict: number; readonly contextSize: number },
): string {
  if (predict < 0 || made < predict) return `stopped: the context of ${context} tokens is full${contextSize > 0 ? ' (raise it with -c)' : ''}`;
  return `stopped after ${plural(made, 'token')} (raise it with -n, or -n -1 to go on to the end)`;
}

interface PromptSources {
  readonly prompt: string | undefined;
  readonly file: string | undefined;
  readonly stdin: boolean;
}

const readsStdin = ({ file, stdin }: PromptSources, context: Context): boolean => file === '-' || (stdin && context.stdin.offered);

const offersPrompt = (words: readonly string[], sources: PromptSources, context: Context): boolean =>
  words.length > 0 || sources.prompt !== undefined || sources.file !== undefined || readsStdin(sources, context);

/** A model that is not there is worth more words than a prompt that is not there. */
async function refuseToGuess(choice: ModelChoice): Promise<never> {
  const { checkReference } = await import('../core/jobs/open-model.js');
  await checkReference(choice);
  throw new HelpWanted('no prompt: give it as an argument, with -f FILE, or on stdin', 'llmx run "Once upon a time"');
}

/** stdin, the file, then the words, with a blank line between what there is. */
async function readPrompt(words: readonly string[], sources: PromptSources, context: Context): Promise<string> {
  const { prompt: flag, file: path } = sources;
  const parts: string[] = [];
  if (readsStdin(sources, context)) parts.push((await context.stdin.text('--no-stdin does not wait')).replace(/\r?\n$/, ''));
  if (path !== undefined && path !== '-') parts.push(await readText(path));
  const spoken = [...(flag === undefined ? [] : [flag]), ...words];
  if (spoken.length > 0) parts.push(spoken.join(' '));
  return parts.filter((part) => part !== '').join('\n\n');
}

async function readMessages(path: string, context: Context): Promise<ParsedMessages> {
  const { parseMessages } = await import('../core/jobs/chat/parse-messages.js');
  return parseMessages(await readTextOf(path, '--messages', context), path === '-' ? 'stdin' : path);
}

async function readText(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    throw readError(path, error, 'Check the path given with -f');
  }
}

async function deliver(text: string, path: string): Promise<void> {
  await writeFile(path, withEnd(text)).catch((error: unknown) => {
    throw writeError(path, error, 'Choose another file with -o');
  });
}
