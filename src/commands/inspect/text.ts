// The report of `llmx inspect` as text: an overview, or the parts that were asked for.
import type { InspectReport } from '../../core/jobs/inspect.js';
import { printable } from '../../core/base/printable.js';
import { columns, type Rows } from '../shell/columns.js';
import { bytesText, grouped, plural } from '../shell/quantity.js';

export interface Asked {
  readonly tensors: string | undefined;
  readonly key: string | undefined;
  readonly tokenizer: boolean;
  readonly chatTemplate: boolean;
  readonly memory: boolean;
  readonly check: boolean;
  readonly hash: boolean;
}

const bits = (value: number): string => `${Number(value.toFixed(3))} bits per weight`;

function formatLines({ dtypes, unreadable }: InspectReport): string {
  return [
    ...dtypes.map(
      ({ dtype, tensors, bytes, bits_per_weight: weight }) => `${dtype}: ${plural(tensors, 'tensor')}, ${bytesText(bytes)}, ${bits(weight)}`,
    ),
    ...unreadable.map(({ dtype, tensors }) => `${dtype}: ${plural(tensors, 'tensor')} that llmx cannot read, not counted in the parameters`),
  ].join('\n');
}

function shapeLine({ hyperparameters: h }: InspectReport): string {
  const words: Readonly<Record<string, string>> = {
    layers: 'layers',
    width: 'wide',
    heads: 'heads',
    key_value_heads: 'key-value heads',
    head_width: 'a head',
    hidden_width: 'hidden',
    experts: 'experts',
    experts_per_token: 'experts per token',
    state_width: 'states per channel',
  };
  return Object.entries(words)
    .flatMap(([key, word]) => (h[key] === undefined ? [] : [`${String(h[key])} ${word}`]))
    .join(', ');
}

function tokenizerLine({ tokenizer, tokenizer_problem: problem }: InspectReport): string {
  if (tokenizer === null) return `none${problem === undefined ? '' : `: ${problem}`}`;
  const { kind, vocabulary, merges, pre_tokenizer: pre } = tokenizer;
  return [
    kind,
    plural(vocabulary, 'piece'),
    ...(merges === undefined ? [] : [plural(merges, 'merge')]),
    ...(pre === undefined ? [] : [`split ${pre}`]),
  ].join(', ');
}

/** How rotary positions are stretched, where they are. */
function stretchText({ rope }: InspectReport): string {
  if (rope === null || rope['scaling'] === 'default') return '';
  const { scaling, factor, original_context_length: original } = rope;
  const times = factor === undefined ? '' : ` ${String(factor)} times`;
  return `, positions stretched${times} by ${scaling === 'divisors' ? 'a table of divisors' : String(scaling)}${original === undefined ? '' : ` from ${plural(Number(original), 'token')}`}`;
}

const markLine = ({ bos, eos }: InspectReport): string => `bos ${bos ?? 'none'}, eos ${eos.length === 0 ? 'none' : eos.join(', ')}`;

const whence = { asked: '', model: ", the model's own", usual: '; -c N chooses another' } as const;

function memoryRows({ memory }: InspectReport): Rows {
  if (memory === null) return [['memory', 'unknown: llmx cannot run this model']];
  const { context, context_from: from, cache, cache_type: type, chunk } = memory;
  const parts = Object.entries(cache).map(([kind, bytes]) => `${kind} ${bytesText(bytes)}`);
  return [
    ['memory', `${bytesText(memory.total_bytes)} on the ${memory.backend} backend with a context of ${plural(context, 'token')}${whence[from]}`],
    ['  mapped weights', bytesText(memory.mapped_bytes)],
    ['  repacked weights', bytesText(memory.packed_bytes)],
    ['  cache', `${bytesText(memory.cache_bytes)} (${parts.join(', ')}${cache['keys'] === undefined ? '' : `; keys and values as ${type}`})`],
    ['  activations', `${bytesText(memory.arena_bytes)} (steps of ${chunk} tokens)`],
    ['  constants', bytesText(memory.constants_bytes)],
  ];
}

function overview(report: InspectReport, width: number): string {
  const { name, architecture, family, supported, reasons, files } = report;
  return columns(
    [
      ...(name === null ? [] : [['name', name] as const]),
      ['format', `${report.format}, ${plural(files.length, 'file')}, ${bytesText(report.bytes)}`],
      [
        'architecture',
        `${architecture ?? 'not named'}${supported ? ` (runs here${family === architecture ? '' : `, as ${family}`})` : ' (does not run here)'}`,
      ],
      ...reasons.map((reason) => ['  because', reason] as const),
      [
        'parameters',
        `${report.unreadable.length > 0 ? 'at least ' : ''}${grouped(report.parameters)}${report.parameters > 0 ? `, ${bits(report.bits_per_weight)}` : ''}`,
      ],
      ['tensors', `${grouped(report.tensor_count)}\n${formatLines(report)}`.trimEnd()],
      ['shape', shapeLine(report) || 'unknown'],
      ['context', `${report.context_length === null ? 'unknown' : plural(report.context_length, 'token')}${stretchText(report)}`],
      ['vocabulary', report.vocabulary === null ? 'unknown' : grouped(report.vocabulary)],
      ['tokenizer', `${tokenizerLine(report)}; ${markLine(report)}`],
      ['chat template', report.has_chat_template ? 'yes' : 'no'],
      ...memoryRows(report),
    ],
    width,
  );
}

function tensorTable({ tensors = [] }: InspectReport): string {
  const shapes = tensors.map(({ shape }) => shape.join(' x '));
  const shown = tensors.map(({ name }) => printable(name));
  const longest = (texts: readonly string[]): number => texts.reduce((most, { length }) => Math.max(most, length), 0);
  const [names, widths] = [longest(shown), longest(shapes)];
  return tensors
    .map(
      ({ dtype, bits_per_weight: weight, bytes }, index) =>
        `${shown[index]!.padEnd(names)}  ${dtype.padEnd(6)} ${weight.toFixed(2).padStart(6)}  ${shapes[index]!.padEnd(widths)}  ${bytesText(bytes)}`,
    )
    .join('\n');
}

function metadataLines({ metadata = {} }: InspectReport, key: string, width: number): string {
  const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  if (Object.hasOwn(metadata, key)) return shown(metadata[key]);
  return columns(
    Object.entries(metadata).map(([name, value]) => [name, shown(value)]),
    width,
  );
}

function checkLines({ check }: InspectReport): string {
  const { tensors, values, problems, unreadable, complete } = check!;
  return [
    ...problems.map(({ tensor, problem, message }) => printable(`${tensor}: ${problem}: ${message}`)),
    `${problems.length === 0 ? 'no problem' : plural(problems.length, 'problem')} in ${plural(tensors, 'tensor')} of ${plural(values, 'value')}${unreadable > 0 ? `; ${unreadable} cannot be read` : ''}${complete ? '' : ' (interrupted)'}`,
  ].join('\n');
}

function diffLines({ diff }: InspectReport, width: number): string {
  const { differences, with: other } = diff!;
  if (differences.length === 0) return `same config, tensors, tokenizer and template as ${other}`;
  const side = (value: unknown): string => {
    if (value === null) return '-';
    const { shape, dtype } = value as { readonly shape?: readonly number[]; readonly dtype?: string };
    return dtype === undefined ? JSON.stringify(value) : [dtype, ...(shape === undefined ? [] : [shape.join(' x ')])].join(' ');
  };
  return columns(
    differences.map(({ kind, name, left, right }) => [`${kind} ${name}`, `${side(left)} | ${side(right)}`]),
    width,
  );
}

/** The parts in the order of the help; the overview where none is asked. `width` is the terminal's, Infinity for a pipe. */
export function inspectText(report: InspectReport, asked: Asked, width: number): string {
  const parts = [
    ...(asked.tensors === undefined ? [] : [tensorTable(report)]),
    ...(asked.key === undefined ? [] : [metadataLines(report, asked.key, width)]),
    ...(asked.tokenizer
      ? [
          columns(
            [
              ['tokenizer', tokenizerLine(report)],
              ['marks', markLine(report)],
            ],
            width,
          ),
        ]
      : []),
    ...(asked.chatTemplate ? [report.chat_template ?? ''] : []),
    ...(asked.memory ? [columns(memoryRows(report), width)] : []),
    ...(asked.check ? [checkLines(report)] : []),
    ...(asked.hash ? [report.files.map(({ path, sha256 }) => `${sha256 ?? '(interrupted)'}  ${path}`).join('\n')] : []),
    ...(report.diff === undefined ? [] : [diffLines(report, width)]),
  ];
  return parts.length === 0 ? overview(report, width) : parts.join('\n\n');
}
