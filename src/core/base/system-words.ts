// What the system's error codes say, in words.

const words: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'a folder, not a file',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be too large',
  EIO: 'the disk or device failed',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ELOOP: 'too many links that lead to links',
  ENAMETOOLONG: 'the name is too long',
  EBUSY: 'something else uses it',
  EAGAIN: 'it is not ready',
};

export const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

/** `EISDIR: illegal operation on a directory, read` as `a folder, not a file`. */
export function systemWords(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return words[codeOf(error)] ?? text.replace(/^[A-Z]\w*: /, '').replace(/, \w+(?: '.*')?$/s, '');
}
