// What becomes of a conversation whose next turn does not fit: the policies, and how a model is asked for a summary.
import type { Job } from '../../base/event.js';
import type { GenerateOptions } from '../../generate/index.js';
import { answer, type Speaker } from './answer.js';
import { systemCount, type Branch } from './branches.js';
import type { ContextPolicy } from './conversation.js';
import { fits, lastTooLong, slide, slidWarning, summarizedWarning, tooLong, type Fitted, type Prompt, type Room } from './fit.js';

export interface Situation {
  readonly branch: Branch;
  readonly room: Room;
  readonly speaker: Speaker;
  readonly owner: string;
  readonly generation: GenerateOptions;
  /** False for base models, which cannot be asked. */
  readonly canSummarize: boolean;
  render(branch: Branch): Prompt;
}

type Policy = (situation: Situation, prompt: Prompt, signal: AbortSignal) => Job<Fitted>;

const request = 'Write a summary of the conversation so far in at most 120 words. Keep names, facts, numbers and decisions. Write the summary alone.';
const longestSummary = 256;

const policies: Record<ContextPolicy, Policy> = {
  async *ask({ room }, prompt) {
    throw tooLong(prompt, room);
  },
  /** What fits is answered as far as it goes. */
  async *stop({ branch }, prompt) {
    return { branch, prompt };
  },
  async *slide({ branch, render, room }, prompt) {
    const slid = slide(branch, render, room);
    if (!fits(slid.prompt, room)) throw lastTooLong(slid.prompt, room);
    if (slid.branch.hidden > branch.hidden) yield slidWarning(slid.branch.hidden - branch.hidden, prompt, slid.prompt, room);
    return slid;
  },
  async *summarize(situation, prompt, signal) {
    const { branch, render, room, canSummarize } = situation;
    // The summary takes room as well; where there is none for it, all that helps is to leave out.
    const smaller = { ...room, size: room.size - summaryTokens(room) };
    const slid = slide(branch, render, smaller);
    if (!fits(slid.prompt, smaller)) return yield* policies.slide(situation, prompt, signal);
    const note = canSummarize && slid.branch.hidden > branch.hidden ? yield* summarize(situation, slid.branch.hidden, signal) : undefined;
    if (note === undefined) {
      if (signal.aborted) return { branch, prompt };
      yield {
        type: 'warning',
        code: 'no-summary',
        message: canSummarize
          ? 'what falls out is too long for a summary, or it came out empty'
          : 'a base model writes no summaries; the oldest messages are left out',
      };
      return yield* policies.slide(situation, prompt, signal);
    }
    const summarized = { ...slid.branch, note };
    const fitted = { branch: summarized, prompt: render(summarized) };
    if (!fits(fitted.prompt, room)) throw tooLong(fitted.prompt, room);
    yield summarizedWarning(summarized.hidden - branch.hidden, prompt, fitted.prompt, room);
    return fitted;
  },
};

const summaryTokens = ({ size }: Room): number => Math.min(longestSummary, Math.floor(size / 8));

/** What the model says of the messages before the `hidden`th. They are the beginning of what it has read, so little is read anew. */
async function* summarize(
  { branch, render, room, speaker, owner, generation }: Situation,
  hidden: number,
  signal: AbortSignal,
): Job<string | undefined> {
  const skip = systemCount(branch.messages);
  const asked: Branch = { ...branch, messages: [...branch.messages.slice(0, skip + hidden), { role: 'user', content: request }] };
  const maxTokens = summaryTokens(room);
  const prompt = render(asked);
  if (prompt.ids.length + maxTokens > room.size) return undefined;
  const { logprobs: _, ...plain } = generation;
  const sampling = { ...generation.sampling, temperature: 0 };
  const job = answer(speaker, prompt, { generation: { ...plain, maxTokens, sampling }, owner, phase: 'summary' }, signal);
  try {
    for (;;) {
      const step = await job.next();
      if (step.done === true) return step.value.text.trim() || undefined;
      if (step.value.type === 'progress' || step.value.type === 'warning') yield step.value;
    }
  } finally {
    await job.return(undefined as never);
  }
}

/** The branch as it fits, with warnings of all that is left out. Throws `context-exceeded` where the policy says so, or nothing helps. */
export async function* makeRoom(situation: Situation, policy: ContextPolicy, signal: AbortSignal): Job<Fitted> {
  const { branch, render, room } = situation;
  const prompt = render(branch);
  return fits(prompt, room) ? { branch, prompt } : yield* policies[policy](situation, prompt, signal);
}
