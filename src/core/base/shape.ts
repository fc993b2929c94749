// Shapes whose dimensions may be symbols, bound to numbers when a program runs.

/** Sizes that are known only at run time; everything else in a shape is a number. */
export const symbols = ['tokens', 'rows', 'sequences', 'table', 'pages', 'slots'] as const;
export type Symbol = (typeof symbols)[number];
export type Dimension = number | Symbol;

/** Row-major, outermost first: the last dimension is contiguous (PyTorch's order; GGUF's `ne` reversed). */
export type Shape = readonly Dimension[];
export type Sizes = Readonly<Record<Symbol, number>>;

/** The shape with every symbol replaced by its size. */
export const bind = (shape: Shape, sizes: Sizes): readonly number[] => shape.map((side) => (typeof side === 'number' ? side : sizes[side]));

/** Product of the sides. */
export const count = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

export const sameShape = (left: Shape, right: Shape): boolean => left.length === right.length && left.every((side, index) => side === right[index]);

export const showShape = (shape: Shape): string => `[${shape.join(', ')}]`;
