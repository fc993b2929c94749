// llmx pull: models from the hub into the cache that the Python tools share; the local path on stdout.
import { LlmxError } from '../core/base/error.js';
import type { PullReport } from '../core/jobs/pull.js';
import { defineCommand } from './shell/command.js';
import { bytesText } from './shell/quantity.js';

export const command = defineCommand({
  examples: [
    'MODEL=$(llmx pull -q hf:org/model:Q4_K_M)',
    "llmx pull hf:org/model --include '*.safetensors' --include '*.json' --local-dir ./model",
    'llmx pull hf:org/model@v1.0 --dry-run --json',
  ],
  description:
    'Files are resumed after a cut or a kill, and their digests are checked. HF_TOKEN, HF_HOME, HF_HUB_CACHE, HF_ENDPOINT and HF_HUB_OFFLINE are respected. Pickles come only when they are included by name, or where nothing else holds the weights.',
  arguments: {
    reference: { variadic: true, optional: false, help: 'hf:org/name[@revision][:file]; a file may be a name, a glob or a type such as Q4_K_M' },
  },
  flags: {
    include: { kind: 'list', value: 'GLOB', help: 'Only files that match; repeat for several' },
    exclude: { kind: 'list', value: 'GLOB', help: 'No files that match' },
    revision: { kind: 'string', value: 'REV', help: 'Branch, tag, commit or refs/pr/N' },
    localDir: { kind: 'string', value: 'DIR', help: 'Copy the files into this folder as well' },
    maxWorkers: { kind: 'integer', value: 'N', default: 4, minimum: 1, maximum: 32, help: 'Files, and ranges of a file, at once' },
    tokenFile: { kind: 'string', value: 'FILE', help: 'Read the token from a file' },
    forceDownload: { kind: 'boolean', help: 'Load again what is in the cache' },
    verify: { kind: 'boolean', help: 'Check the digests of what is in the cache' },
    dryRun: { kind: 'boolean', help: 'Print what would be loaded' },
  },
  exits: [0, 2, 4, 5, 130],
  async *run(given, flags, context) {
    if (given.reference.length === 0) throw new LlmxError('usage', 'no model to pull', 'llmx pull hf:org/name');
    const { pull } = await import('../core/jobs/pull.js');
    const report: PullReport = yield* pull(
      {
        references: given.reference,
        include: flags.include,
        exclude: flags.exclude,
        ...(flags.revision === undefined ? {} : { revision: flags.revision }),
        ...(flags.localDir === undefined ? {} : { localFolder: flags.localDir }),
        workers: flags.maxWorkers,
        force: flags.forceDownload,
        verify: flags.verify,
        dryRun: flags.dryRun,
        offline: context.global.offline,
        ...(context.global.cacheDir === undefined ? {} : { cacheFolder: context.global.cacheDir }),
        ...(flags.tokenFile === undefined ? {} : { tokenFile: flags.tokenFile }),
      },
      context.signal,
    );
    return report;
  },
  human: ({ models, dry_run: dryRun }) =>
    models
      .map(({ path, files }) => (dryRun ? files.map((file) => `${String(file['name'])}  ${bytesText(Number(file['bytes']))}`).join('\n') : path))
      .join('\n') + '\n',
  notes: ({ models, bytes, dry_run: dryRun, seconds }) => [
    dryRun
      ? `${bytesText(bytes)} would be loaded`
      : `${models.length === 1 ? models[0]!.reference : `${models.length} models`}: ${bytesText(bytes)}, ${seconds.toFixed(1)} s`,
  ],
});
