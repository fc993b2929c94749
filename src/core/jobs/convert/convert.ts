// `llmx convert`: any checkpoint to any form. Planned first, streamed under a temporary name, read back and measured, then named.
import { join } from 'node:path';
import { LlmxError } from '../../base/error.js';
import type { Event, Job, JsonObject } from '../../base/event.js';
import type { Checkpoint } from '../../checkpoints/checkpoint.js';
import { checkpointFormats } from '../../checkpoints/index.js';
import { diskError } from '../../checkpoints/write-file.js';
import type { Lock } from '../../checkpoints/process-lock.js';
import { isMounted, openMounts } from '../../checkpoints/mounts.js';
import { parseReference } from '../../checkpoints/reference.js';
import { judgeGate, parseGate, type Gate } from '../gates.js';
import { openReference, totalBytes } from '../open-model.js';
import { execute, type Executed } from './execute.js';
import { openJournal, planDigest } from './journal.js';
import { hashAll, writeLineage, type FileDigest } from './lineage.js';
import type { ConvertOptions, ConvertReport } from './options.js';
import { isPartial, parameters, planJson, typeCounts, type OutputPlan } from './plan.js';
import { prepare, type Prepared } from './prepare.js';
import { forgetStaging, publish } from './publish.js';
import { emptyStaged, finalPaths, isStaged, openablePath, openStaging, stagedFiles, stagedPath } from './staging.js';
import { openTargets } from './targets.js';
import { verify, type Verification } from './verify.js';

/** Metrics that a gate may name. */
const metricNames = ['logit-nmse', 'top1', 'kld', 'tensor-nmse', 'tensor-mismatches', 'token-mismatches'] as const;
/** Bytes after which what is done is put into the journal, where to do them again would be to transfer them again. */
const remoteSyncBytes = 16 << 20;
/** Parts on their way at once, where each takes a while to begin. */
const remoteReadAhead = 3;
const logitMetrics: ReadonlySet<string> = new Set(['logit-nmse', 'top1', 'kld'] satisfies (typeof metricNames)[number][]);
const readGate = (text: string): Gate => parseGate(text, "--gate 'kld<=0.03' or --gate 'top1>=0.99'");
/** What a conversion promises without being asked. */
const promises: readonly Gate[] = ['tensor-mismatches<=0', 'token-mismatches<=0'].map(readGate);

function readGates({ gates, verify: thoroughness, selection }: ConvertOptions): readonly Gate[] {
  const parsed = gates.map(readGate);
  const unknown = parsed.find(({ metric }) => !(metricNames as readonly string[]).includes(metric));
  if (unknown !== undefined)
    throw new LlmxError('usage', `--gate '${unknown.text}': no metric ${unknown.metric}`, `There is ${metricNames.join(', ')}`);
  if (parsed.length > 0 && thoroughness === 'none') throw new LlmxError('usage', '--gate needs what --verify measures', 'Leave out --verify none');
  const beyond = isPartial(selection) ? parsed.find(({ metric }) => logitMetrics.has(metric)) : undefined;
  if (beyond !== undefined)
    throw new LlmxError('usage', `--gate '${beyond.text}' needs a whole model`, 'Leave out --include, --exclude and --vocab-only');
  return parsed;
}

/** A model that is read by range is not run, and so has no logits. */
function checkRemoteGates(gates: readonly Gate[], { path }: Checkpoint): void {
  const beyond = isMounted(path) ? gates.find(({ metric }) => logitMetrics.has(metric)) : undefined;
  if (beyond !== undefined)
    throw new LlmxError(
      'usage',
      `--gate '${beyond.text}' needs the source's logits, and --remote runs no model`,
      'Leave out --remote, or gate on tensor-nmse',
    );
}

const seconds = (since: number): number => (performance.now() - since) / 1000;

const unfinished = (outputs: readonly OutputPlan[]): Event => ({
  type: 'warning',
  code: 'unfinished',
  message: `what is done is kept in ${outputs.map(({ staging }) => staging).join(', ')}`,
  hint: 'The same command with --resume goes on',
});

/** Every role of the plan in every output, under a temporary name. */
async function* write({ model: { checkpoint }, outputs, digest }: Prepared, options: ConvertOptions, signal: AbortSignal): Job<Executed> {
  const resume = options.resume && (await isStaged(outputs));
  await using journal = await openJournal(outputs[0]!.staging, digest, resume);
  if (journal.finished.size === 0) {
    for (const output of outputs) await emptyStaged(output);
    if (options.resume) yield { type: 'warning', code: 'nothing-to-resume', message: 'no unfinished conversion of this plan: it begins anew' };
  }
  await using targets = await openTargets(outputs.map(stagedFiles), outputs);
  const remote = isMounted(checkpoint.path) ? { syncBytes: remoteSyncBytes, readAhead: remoteReadAhead } : {};
  const executed = yield* execute(outputs, targets, journal, { chunkBytes: options.chunkBytes, ...remote }, signal);
  await targets.finish();
  return executed;
}

/** Takes the folders of what is unfinished, each against other processes; `held` gets what gives them back. */
async function* openStagings(outputs: readonly OutputPlan[], { resume }: ConvertOptions, held: Lock[]): Job<void> {
  for (const output of outputs) {
    const staging = await openStaging(output);
    held.push(staging);
    if (staging.existed && !resume)
      yield {
        type: 'warning',
        code: 'started-again',
        message: `${output.staging}: an unfinished conversion is begun anew; --resume would have gone on with it`,
      };
  }
}

interface Proof {
  readonly verified: readonly Verification[];
  readonly inputs: readonly FileDigest[];
  readonly hashes: readonly (readonly FileDigest[])[];
  readonly seconds: { readonly verify: number; readonly hash: number };
}

/** What was written, read back and measured; digests of all files. */
async function* prove({ model, outputs }: Prepared, { lost }: Executed, options: ConvertOptions, signal: AbortSignal): Job<Proof> {
  const { verify: thoroughness, selection, threads } = options;
  const verified: Verification[] = [];
  const hashes: (readonly FileDigest[])[] = [];
  const verifyBegan = performance.now();
  if (thoroughness !== 'none')
    for (const [index, output] of outputs.entries()) {
      signal.throwIfAborted();
      const roles = new Set(output.transfers.map(({ role }) => role));
      verified.push(
        yield* verify(
          model,
          stagedPath(output),
          { thoroughness, selection, roles, lost: lost.filter((each) => each.output === index), threads },
          signal,
        ),
      );
    }
  const hashBegan = performance.now();
  const sources = model.checkpoint.files.map(({ path }) => path);
  const inputs = yield* hashAll(sources, thoroughness === 'full', signal);
  for (const output of outputs) {
    const staged = output.files.map(({ name }) => join(stagedFiles(output), name));
    hashes.push(yield* hashAll(staged, false, signal));
  }
  return { verified, inputs, hashes, seconds: { verify: (hashBegan - verifyBegan) / 1000, hash: seconds(hashBegan) } };
}

/** Gates in the order in which they were given, the conversion's own promises first. */
function judgeAll(gates: readonly Gate[], verification: Verification | undefined): readonly Extract<Event, { type: 'gate' }>[] {
  if (verification === undefined) return [];
  const { metrics } = verification;
  const own = promises.filter(({ metric }) => metrics[metric] !== undefined);
  return [...own, ...gates].map((gate) => judgeGate(gate, metrics[gate.metric] ?? NaN));
}

/** What was read must be what lies there now: the digests are of that. */
async function checkUnchanged({ model: { checkpoint }, outputs, digest }: Prepared): Promise<void> {
  if ((await planDigest(checkpoint, outputs)) === digest) return;
  throw new LlmxError('unreadable', `${checkpoint.path}: it changed while it was converted`, 'Convert it again when nothing writes to it');
}

/** Names, lineages, events; in the report's form. */
async function* finish(prepared: Prepared, { verified, inputs, hashes }: Proof, gates: readonly Gate[], options: ConvertOptions): Job<Finished> {
  const { outputs, digest } = prepared;
  await checkUnchanged(prepared);
  await publish(outputs, digest, options.force);
  const judged: JsonObject[] = [];
  const written: JsonObject[] = [];
  for (const [index, output] of outputs.entries()) {
    const files = finalPaths(output).map((path, at) => ({ path, bytes: hashes[index]![at]!.bytes, sha256: hashes[index]![at]!.sha256 }));
    for (const file of files) yield { type: 'artifact', ...file };
    const events = judgeAll(gates, verified[index]);
    const body: JsonObject = {
      path: openablePath(output),
      format: checkpointFormats[output.format].name,
      bytes: output.bytes,
      tensors: output.tensors.length,
      dtype_counts: typeCounts(output.tensors),
      files,
      metrics: verified[index]?.metrics ?? null,
      verify: verified[index]?.details ?? null,
    };
    written.push(body);
    judged.push(...events.map(({ name, value, limit, pass }) => ({ name, value, limit, pass, output: openablePath(output) })));
    await writeLineage(output, { inputs: inputs.map((input) => ({ ...input })), output: body, options, gates: events });
    yield* events;
  }
  await forgetStaging(outputs);
  return { written, judged };
}

interface Finished {
  readonly written: readonly JsonObject[];
  readonly judged: readonly JsonObject[];
}

export async function* convert(options: ConvertOptions, signal: AbortSignal): Job<ConvertReport> {
  const gates = readGates(options);
  if (options.remote && parseReference(options.reference).kind !== 'hub')
    throw new LlmxError('usage', `--remote: ${options.reference} is no model of the hub`, 'Give hf:org/name, or leave out --remote');
  using mounts = openMounts();
  const checkpoint = yield* openReference(options, { signal, ...(options.remote ? { mounts } : {}) });
  checkRemoteGates(gates, checkpoint);
  signal.throwIfAborted();
  const prepared = yield* prepare(checkpoint, options);
  const { outputs, memory, free } = prepared;
  const everything = outputs.flatMap(({ tensors }) => tensors);
  const common = {
    input: { reference: options.reference, path: checkpoint.path, format: checkpoint.format, bytes: totalBytes(checkpoint) },
    tensors: everything.length,
    params: parameters(outputs[0]!.tensors),
    bytes_in: totalBytes(checkpoint),
    bytes_out: outputs.reduce((sum, { bytes }) => sum + bytes, 0),
    dtype_counts: typeCounts(everything),
    memory_bytes: memory,
    free_bytes: free,
    dry_run: options.dryRun,
    partial: isPartial(options.selection),
  };
  if (options.dryRun)
    return {
      ...common,
      output: outputs.map(planJson),
      received_bytes: mounts.received,
      resumed_bytes: 0,
      verify: null,
      gates: [],
      seconds: { write: 0, verify: 0, hash: 0 },
    };

  const held: Lock[] = [];
  try {
    yield* openStagings(outputs, options, held);
    const began = performance.now();
    const executed = yield* write(prepared, options, signal);
    const writeSeconds = seconds(began);
    const proof = yield* prove(prepared, executed, options, signal);
    for (const each of held) await each.check();
    const { written, judged } = yield* finish(prepared, proof, gates, options);
    return {
      ...common,
      output: written,
      received_bytes: mounts.received,
      resumed_bytes: executed.resumed,
      verify: proof.verified.length === 0 ? null : { ...proof.verified[0]!.metrics },
      gates: judged,
      seconds: { write: writeSeconds, ...proof.seconds },
    };
  } catch (error) {
    // Another process's is not ours to speak of.
    if (held.length === outputs.length) yield unfinished(outputs);
    throw diskError(outputs[0]!.staging, error);
  } finally {
    for (const each of held) await each[Symbol.asyncDispose]();
  }
}
