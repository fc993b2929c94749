// The exit statuses, and which failure gives which.
import { exitCodes } from '../../core/base/error.js';
import { exitMeanings } from '../shell/exits.js';
import type { Topic } from './topic.js';

const codesOf = (status: number): string[] => Object.entries(exitCodes).flatMap(([code, exit]) => (exit === status ? [code] : []));

export const exitStatuses: Topic = {
  summary: 'Exit statuses and error codes',
  text: () =>
    `${Object.entries(exitMeanings)
      .map(([status, meaning]) => {
        const codes = codesOf(Number(status));
        return `${status.padStart(3)}  ${meaning}${codes.length === 0 ? '' : `\n     codes: ${codes.join(', ')}`}`;
      })
      .join('\n')}\n\nWhere there are several causes, the first that is fatal decides.\n`,
};
