// /stats: figures of the last reply and of all.
import { columns } from '../../shell/columns.js';
import type { SlashCommand } from './command.js';

export const stats: SlashCommand = {
  summary: 'Tokens and times of the last reply and of all',
  anytime: true,
  run(_argument, { tally, transcript, store }) {
    const { last } = tally;
    if (last === undefined) return transcript.tell('no reply yet');
    const { timings } = last;
    const rows: readonly (readonly [string, string])[] = [
      [
        'prompt',
        `${last.prompt_tokens} tokens, ${last.reused_tokens} of them held; ${last.prefilled_tokens} read in ${(timings.prompt_ms / 1000).toFixed(2)} s (${timings.prompt_tps.toFixed(1)} tok/s)`,
      ],
      ['first token', `${(timings.first_token_ms / 1000).toFixed(2)} s`],
      [
        'reply',
        `${last.completion_tokens} tokens in ${(timings.gen_ms / 1000).toFixed(2)} s (${timings.gen_tps.toFixed(1)} tok/s), ended by ${last.finish_reason}`,
      ],
      ['seed', String(last.seed)],
      ...(last.dropped_messages > 0 ? [['dropped', `${last.dropped_messages} messages, ${last.truncated_tokens} tokens`] as const] : []),
      ['all replies', `${tally.turns}: ${tally.promptTokens} prompt tokens (${tally.reusedTokens} held), ${tally.completionTokens} written`],
    ];
    transcript.tell(columns(rows, store.get().columns));
  },
};
