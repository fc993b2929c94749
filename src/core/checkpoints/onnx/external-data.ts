// Where the values of an initializer lie: in the model's file, or in a file beside it. Checked against sizes, and kept inside the folder.
import { dirname, isAbsolute, join } from 'node:path';
import { LlmxError } from '../../base/error.js';
import { showShape } from '../../base/shape.js';
import { named } from '../../text/quoted.js';
import { checkRange, fileSize, malformed } from '../files.js';
import type { Initializer } from './read-initializer.js';

interface Span {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

export interface ValuePlaces {
  /** Where `bytes` bytes of values lie. Throws where they do not; undefined for values in single fields. */
  find(initializer: Initializer, bytes: number): Promise<Span | undefined>;
  /** Files beside the model's own that spans named. */
  readonly files: ReadonlyMap<string, number>;
}

/** Backslashes and drive letters lead out of a folder on other systems. */
const staysInside = (location: string): boolean =>
  location !== '' && !isAbsolute(location) && !/[\\:\0]/.test(location) && !location.split('/').some((part) => part === '..');

/** `path` and `size` are the model's file. */
export function valuePlaces(path: string, size: number): ValuePlaces {
  const files = new Map<string, number>();

  async function sizeOf(location: string, name: string): Promise<readonly [file: string, size: number]> {
    if (!staysInside(location)) throw malformed(path, `${named(name)} lies in ${named(location)}, which is no path inside the model's folder`);
    const file = join(dirname(path), location);
    const known = files.get(file) ?? (await fileSize(file));
    if (known === undefined)
      throw new LlmxError('not-found', `${file}: no such file; ${named(name)} lies in it`, 'External data belongs beside the model: fetch it too');
    files.set(file, known);
    return [file, known];
  }

  return {
    files,
    async find({ name, shape, values }, bytes) {
      if (values.kind === 'scattered') return undefined;
      const [file, whole] = values.kind === 'inline' ? [path, size] : await sizeOf(values.location, name);
      const [offset, length] = [values.offset ?? 0, values.length ?? bytes];
      if (length !== bytes) throw malformed(path, `${named(name)} has ${length} bytes of values, its sides ${showShape(shape)} ask for ${bytes}`);
      checkRange(file, whole, offset, length, named(name));
      return { file, offset, length };
    },
  };
}
