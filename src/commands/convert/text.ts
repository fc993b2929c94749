// The report of `llmx convert` as text: what was (or would be) written, and what the verification measured.
import { printable } from '../../core/base/printable.js';
import type { Json, JsonObject } from '../../core/base/event.js';
import type { ConvertReport } from '../../core/jobs/convert/options.js';
import { columns, type Rows } from '../shell/columns.js';
import { bytesText } from '../shell/quantity.js';

const list = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? (value as readonly JsonObject[]) : []);
/** `48 (32 F32, 16 F16)`. */
function tensorsText({ tensors, dtype_counts: counts }: JsonObject): string {
  const types = Object.entries(counts as JsonObject).map(([name, count]) => `${String(count)} ${name}`);
  return `${String(tensors)}${types.length === 0 ? '' : ` (${types.join(', ')})`}`;
}

function planText(output: JsonObject, width: number): string {
  const typesOf = ({ from, to, instead_of: instead }: JsonObject): string =>
    `${from === to ? String(to) : `${String(from)} -> ${String(to)}`}${instead === undefined ? '' : ` in place of ${String(instead)}`}`;
  const rows: Rows = list(output['tensors']).map(
    (tensor) => [String(tensor['name']), `${typesOf(tensor)} [${list(tensor['shape']).join(', ')}]`] as const,
  );
  const files = list(output['files']).map((file) => `  ${printable(String(file['name']))}  ${bytesText(Number(file['bytes']))}`);
  return [
    `${printable(String(output['path']))} (${String(output['format'])}, ${bytesText(Number(output['bytes']))})`,
    ...files,
    columns(rows, width),
  ].join('\n');
}

/** Six significant digits are more than any of these measurements has. */
const number = (value: Json | undefined): string => (typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value));

const outputRows = (output: JsonObject): Rows => [
  ['output', `${printable(String(output['path']))} (${String(output['format'])}, ${bytesText(Number(output['bytes']))})`],
  ['tensors', tensorsText(output)],
  ...Object.entries((output['metrics'] ?? {}) as JsonObject).map(([name, value]) => [name, number(value)] as const),
];

export function convertText(report: ConvertReport, width: number): string {
  if (report.dry_run) {
    const free = Math.min(...report.free_bytes);
    return [
      ...report.output.map((output) => planText(output, width)),
      `${tensorsText({ tensors: `${report.tensors} tensors`, dtype_counts: report.dtype_counts })}, ${report.params.toLocaleString('en-US')} parameters`,
      `memory ${bytesText(report.memory_bytes)}, disk ${bytesText(report.bytes_out)} of ${bytesText(free)} free`,
      '',
    ].join('\n');
  }
  const rows: Rows = [
    ['input', `${printable(report.input.path)} (${report.input.format}, ${bytesText(report.bytes_in)})`],
    ...report.output.flatMap(outputRows),
    ['seconds', `write ${report.seconds.write.toFixed(2)}, verify ${report.seconds.verify.toFixed(2)}, hash ${report.seconds.hash.toFixed(2)}`],
  ];
  return `${columns(rows, width)}\n`;
}
