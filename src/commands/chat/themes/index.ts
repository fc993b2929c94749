// The table of themes.
import { dark } from './dark.js';
import { light } from './light.js';
import { mono } from './mono.js';
import type { Theme } from './theme.js';

export const themes = { dark, light, mono } as const satisfies Record<string, Theme>;

export type ThemeKey = keyof typeof themes;
/** `auto` asks the terminal for its background. */
export type ThemeChoice = ThemeKey | 'auto';
export const themeChoices = ['auto', 'dark', 'light', 'mono'] as const satisfies readonly ThemeChoice[];
