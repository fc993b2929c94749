// What holds bytes at positions: a file of this machine, or one that lies elsewhere and is read by range.

/** An owner of something that holds bytes at positions. `await using` closes it. */
export interface ByteSource extends AsyncDisposable {
  /** As errors and spans name it. */
  readonly path: string;
  readonly size: number;
  /** The open file, as the system numbers it; undefined where there is none. */
  readonly descriptor?: number;
  /** SHA-256 of all of it, in hexadecimal, where a listing says so: nobody has to read it to know. */
  readonly listedSha256?: string;
  /**
   * Exactly `length` bytes at `offset`; `field` names what they are in the error when the source ends before them. They may be put into
   * `target`, which is as long, and are returned in any case.
   */
  read(offset: number, length: number, field: string, target?: Uint8Array): Promise<Uint8Array>;
}
