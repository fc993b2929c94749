// The reports of `llmx pull` as text: paths of what was loaded, what the cache holds, what went from it.
import { printable } from '../../core/base/printable.js';
import type { ListReport, RemoveReport } from '../../core/jobs/cache.js';
import type { PullReport } from '../../core/jobs/pull.js';
import { bytesText, plural } from '../shell/quantity.js';

export type AnyPullReport = PullReport | ListReport | RemoveReport;

/** As other commands take it: `hf:org/name`, `hf:org/name@v1`, or with a commit where no ref means it. */
const references = (repository: string, commit: string, refs: readonly string[]): readonly string[] =>
  (refs.length === 0 ? [commit] : refs).map((ref) => `hf:${repository}${ref === 'main' ? '' : `@${ref}`}`);

function listText({ models }: ListReport): string {
  const rows = models.flatMap(({ repository, revisions }) =>
    revisions.flatMap(({ commit, refs, files, bytes }) =>
      references(repository, commit, refs).map((name) => [
        printable(name),
        printable(commit.slice(0, 12)),
        plural(files.length, 'file'),
        bytesText(bytes),
      ]),
    ),
  );
  const widths = [0, 1, 2].map((column) => rows.reduce((most, row) => Math.max(most, row[column]!.length), 0));
  return rows.map((row) => row.map((text, column) => (column < 3 ? text.padEnd(widths[column]!) : text)).join('  ')).join('\n');
}

const pullText = ({ models, dry_run: dryRun }: PullReport): string =>
  models
    .map(({ path, files }) => (dryRun ? files.map((file) => `${String(file['name'])}  ${bytesText(Number(file['bytes']))}`).join('\n') : path))
    .join('\n');

export function reportText(report: AnyPullReport): string {
  if ('cache' in report) return listText(report);
  if ('removed' in report) return report.removed.map((path) => printable(path)).join('\n');
  return `${pullText(report)}\n`;
}

function listNotes({ models, bytes, cache }: ListReport): readonly string[] {
  const unfinished = models.reduce((sum, model) => sum + model.unfinished_bytes, 0);
  return [
    `${plural(models.length, 'model')}, ${bytesText(bytes)} in ${cache}`,
    ...(unfinished > 0 ? [`${bytesText(unfinished)} are unfinished: the same llmx pull goes on with them, llmx pull --prune removes them`] : []),
  ];
}

export function reportNotes(report: AnyPullReport): readonly string[] {
  if ('cache' in report) return listNotes(report);
  const { bytes, dry_run: dryRun } = report;
  if ('removed' in report) return [report.removed.length === 0 ? 'nothing was removed' : `${bytesText(bytes)} ${dryRun ? 'would be' : 'are'} freed`];
  const { models, seconds } = report;
  return [
    dryRun
      ? `${bytesText(bytes)} would be loaded`
      : `${models.length === 1 ? models[0]!.reference : `${models.length} models`}: ${bytesText(bytes)}, ${seconds.toFixed(1)} s`,
  ];
}
