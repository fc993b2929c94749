// The screen as Ink draws it: the past once, below it the live region. All lines are made elsewhere.
import type { Instance, RenderOptions } from 'ink';
import { Box, render, useCursor } from 'ink';
import type { ReactNode } from 'react';
import { useInsertionEffect, useMemo, useSyncExternalStore } from 'react';
import { Past } from './components/past.js';
import { Rows } from './components/rows.js';
import type { Controller } from './controller.js';
import type { Frame } from './views/frame.js';
import { frameOf } from './views/frame.js';

export interface AppProps {
  readonly controller: Pick<Controller, 'store' | 'ink'>;
  /** Told of the frame that is drawn next. */
  readonly onFrame?: (frame: Frame) => void;
}

export function App({ controller: { store, ink }, onFrame }: AppProps): ReactNode {
  const state = useSyncExternalStore(store.subscribe, store.get);
  const frame = useMemo(() => frameOf(state, ink()), [state, ink]);
  const { setCursorPosition } = useCursor();
  setCursorPosition(frame.cursor);
  useInsertionEffect(() => onFrame?.(frame), [frame, onFrame]);
  return (
    <>
      <Past printed={state.printed} />
      <Box flexDirection="column">
        <Rows lines={frame.reply} />
        <Rows lines={frame.activity} />
        <Rows lines={frame.editor} />
        <Rows lines={frame.below} />
        <Rows lines={frame.status} />
      </Box>
    </>
  );
}

/**
 * Ink's own limit would keep a key waiting behind the last frame: what moves by itself keeps to less (`reply.ts`, `store.soon`, the
 * spinner).
 */
const mostFrames = 250;

/** Begins to draw. */
export const mount = (props: AppProps, options: RenderOptions): Instance => render(<App {...props} />, { maxFps: mostFrames, ...options });
