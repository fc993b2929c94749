// A generation's token events, with the model's thoughts as `reasoning` events of their own.
import type { Event, Job } from '../../base/event.js';
import type { Tokenizer } from '../../text/tokenizer.js';
import { isMark, type ReasoningSplitter, type SplitText } from './reasoning.js';

export interface Split<Result> {
  readonly result: Result;
  readonly text: string;
  /** Null where the model thought nothing. */
  readonly reasoning: string | null;
}

type Token = Extract<Event, { type: 'token' }>;

/** Every token keeps at least one event. A mark that is a control piece prints nothing elsewhere; here it counts. */
export async function* splitEvents<Result>(generation: Job<Result>, tokenizer: Tokenizer, splitter: ReasoningSplitter): Job<Split<Result>> {
  const said: string[] = [];
  const thought: string[] = [];
  let last: Token | undefined;
  const split = function* (event: Token, { reasoning, content }: SplitText): Generator<Event, void, void> {
    said.push(content);
    thought.push(reasoning);
    const { i, id } = event;
    if (reasoning !== '') yield { type: 'reasoning', i, id, text: reasoning };
    if (reasoning === '' || content !== '') yield { ...event, text: content };
  };
  try {
    for (;;) {
      const step = await generation.next();
      if (step.done === true) {
        const rest = splitter.finish();
        if (last !== undefined && rest.content + rest.reasoning !== '') yield* split({ type: 'token', i: last.i, id: last.id, text: '' }, rest);
        const reasoning = thought.join('').trimEnd();
        return { result: step.value, text: said.join(''), reasoning: reasoning === '' ? null : reasoning };
      }
      if (step.value.type !== 'token') {
        yield step.value;
        continue;
      }
      last = step.value;
      const piece = splitter.isOpen && tokenizer.isControl(last.id) ? tokenizer.piece(last.id) : '';
      yield* split(last, splitter.push(last.text + (isMark(piece) ? piece : '')));
    }
  } finally {
    await generation.return(undefined as never);
  }
}
