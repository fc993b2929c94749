// Pieces by their code units, to find all that begin at one place of a text.

interface Node<Value> {
  next?: Map<number, Node<Value>>;
  value?: Value;
}

interface PieceTrie<Value> {
  /** Adds a piece; of equal pieces the first stays, and empty ones are left out. */
  add(piece: string, value: Value): void;
  /** Calls `found` for each piece that the text has at `start`, shortest first. */
  each(text: string, start: number, found: (end: number, value: Value) => void): void;
  /** Code units that pieces begin with. */
  firstUnits(): readonly number[];
}

export function createPieceTrie<Value>(): PieceTrie<Value> {
  const root: Node<Value> = {};
  return {
    add: (piece, value) => {
      if (piece === '') return;
      let node = root;
      for (let at = 0; at < piece.length; at++) {
        const unit = piece.charCodeAt(at);
        const children = (node.next ??= new Map<number, Node<Value>>());
        let child = children.get(unit);
        if (child === undefined) children.set(unit, (child = {}));
        node = child;
      }
      node.value ??= value;
    },
    each: (text, start, found) => {
      let node = root.next?.get(text.charCodeAt(start));
      for (let end = start + 1; node !== undefined; end++) {
        if (node.value !== undefined) found(end, node.value);
        node = node.next?.get(text.charCodeAt(end));
      }
    },
    firstUnits: () => [...(root.next?.keys() ?? [])],
  };
}
