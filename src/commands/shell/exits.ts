// What each exit status means; help and docs/commands.md print it.

export const exitMeanings: Readonly<Record<number, string>> = {
  0: 'done (also with warnings, and when the reader of stdout has left)',
  1: 'a failure not listed here: a bug, out of memory, device lost, a failed item of a batch',
  2: 'usage: an unknown or wrong flag, value or combination; a terminal is needed',
  3: 'a gate was missed or a comparison differs; what was made is kept',
  4: 'a model or file was not found, is unreadable, malformed or not supported',
  5: 'disk or transfer: full, no permission, short read, network, digest',
  130: 'interrupted (SIGINT)',
  143: 'terminated (SIGTERM)',
};
