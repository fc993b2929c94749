// llmx pull: models from the hub into the cache that the Python tools share, the local path on stdout; and what the cache holds.
import { LlmxError } from '../core/base/error.js';
import { reportNotes, reportText, type AnyPullReport } from './pull/text.js';
import { askYes } from './shell/ask.js';
import { defineCommand } from './shell/command.js';
import { bytesText, plural } from './shell/quantity.js';

/** Flags that say how something is loaded. */
const loading = ['include', 'exclude', 'revision', 'localDir', 'maxWorkers', 'tokenFile', 'forceDownload', 'verify'];

export const command = defineCommand({
  examples: [
    'MODEL=$(llmx pull -q hf:org/model:Q4_K_M)',
    "llmx pull hf:org/model --include '*.safetensors' --include '*.json' --local-dir ./model",
    'llmx pull hf:org/model@v1.0 --dry-run --json',
    'llmx pull --list',
    'llmx pull --rm hf:org/model@v1.0 hf:org/other:Q4_K_M',
    'llmx pull --prune --dry-run',
  ],
  description:
    'Files are resumed after a cut or a kill, and their digests are checked. Pickles come only when they are included by name, or where nothing else holds the weights. --list, --rm and --prune look after the cache, which other tools share: HF_HUB_CACHE, else HF_HOME/hub, else XDG_CACHE_HOME/huggingface/hub. HF_TOKEN (or the file HF_TOKEN_PATH, else HF_HOME/token) says who asks, HF_ENDPOINT which hub; HF_HUB_OFFLINE forbids the network, and HF_HUB_DOWNLOAD_TIMEOUT is how many seconds without a byte are a stall.',
  arguments: {
    reference: { variadic: true, help: 'hf:org/name[@revision][:file]; a file may be a name, a glob or a type such as Q4_K_M' },
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
    list: { kind: 'boolean', conflicts: ['rm', 'prune', ...loading], help: 'Print the models in the cache, their revisions and sizes' },
    rm: {
      kind: 'boolean',
      conflicts: ['prune', ...loading],
      help: 'Remove from the cache: a model, with @revision one revision, with :file a file; asks first',
    },
    prune: { kind: 'boolean', conflicts: loading, help: 'Remove unfinished files and blobs that no snapshot uses; asks first' },
    dryRun: { kind: 'boolean', help: 'Print what would be loaded or removed' },
  },
  exits: [0, 2, 4, 5, 130],
  async *run(given, flags, context) {
    const cacheFolder = context.global.cacheDir === undefined ? {} : { cacheFolder: context.global.cacheDir };
    if (flags.list || flags.prune) {
      if (given.reference.length > 0)
        throw new LlmxError('usage', `${flags.list ? '--list' : '--prune'} takes no model`, 'llmx pull --rm hf:org/name removes one');
    } else if (given.reference.length === 0)
      throw new LlmxError('usage', `no model to ${flags.rm ? 'remove' : 'pull'}`, `llmx pull ${flags.rm ? '--rm ' : ''}hf:org/name`);
    let report: AnyPullReport;
    if (flags.list || flags.prune || flags.rm) {
      const { listCache, removeCached } = await import('../core/jobs/cache.js');
      const confirm = (files: number, bytes: number): Promise<boolean> =>
        askYes(`Remove ${plural(files, 'file')} (${bytesText(bytes)}) from the cache?`, context);
      report = yield* flags.list
        ? listCache(cacheFolder)
        : removeCached({ ...cacheFolder, ...(flags.rm ? { references: given.reference } : {}), dryRun: flags.dryRun, confirm });
      return report;
    }
    const { pull } = await import('../core/jobs/pull.js');
    report = yield* pull(
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
        ...cacheFolder,
        ...(flags.tokenFile === undefined ? {} : { tokenFile: flags.tokenFile }),
      },
      context.signal,
    );
    return report;
  },
  human: reportText,
  notes: reportNotes,
});
