// Turns file system errors into messages with the file and the remedy.

import { type Objection, refuse } from '../../lib/nutcracker/config-error';

type Reason = Pick<Objection, 'because' | 'remedy'>;
type Reasons = Readonly<Record<string, Reason>>;

const COMMON: Reasons = {
  ENOTDIR: { because: 'a part of the path is a file, not a directory', remedy: 'correct the path' },
  ELOOP: { because: 'its symbolic links form a loop', remedy: 'correct the links' },
  ENAMETOOLONG: { because: 'a name is too long for the file system', remedy: 'use a shorter one' },
  EMFILE: { because: 'this process has too many open files', remedy: 'raise the limit (ulimit -n)' },
  ENFILE: { because: 'the system has too many open files', remedy: 'close some, or try again later' },
  EIO: { because: 'the device reports an I/O error', remedy: 'check the system log' },
};
const READING: Reasons = {
  ...COMMON,
  ENOENT: { because: 'there is no such file', remedy: 'check the path, and the directory that it is relative to' },
  EISDIR: { because: 'it is a directory', remedy: 'name a file in it' },
  EACCES: { because: 'this user may not read it', remedy: 'grant read permission, or pipe it to -' },
  EPERM: { because: 'this user may not read it', remedy: 'grant read permission, or pipe it to -' },
  ERR_FS_FILE_TOO_LARGE: { because: 'it is larger than 2 GiB', remedy: 'name another file' },
};
const ELSEWHERE = 'write to another directory';
const WRITING: Reasons = {
  ...COMMON,
  ENOENT: { because: 'its directory does not exist', remedy: 'create the directory, or name another' },
  EISDIR: { because: 'it is a directory', remedy: 'name a file in it' },
  EEXIST: { because: 'it already exists', remedy: 'move it away, or name another' },
  EACCES: { because: 'this user may not write there', remedy: ELSEWHERE },
  EPERM: { because: 'this user may not write there', remedy: ELSEWHERE },
  EROFS: { because: 'the file system is read-only', remedy: ELSEWHERE },
  ENOSPC: { because: 'no space is left on the device', remedy: `free some, or ${ELSEWHERE}` },
  EDQUOT: { because: "this user's disk quota is exceeded", remedy: `free some space, or ${ELSEWHERE}` },
  EFBIG: { because: 'it would exceed the file size limit', remedy: 'raise the limit (ulimit -f)' },
};

/** Rethrows errors that have no system error code unchanged. */
export function throwReadError(file: string, error: unknown): never {
  return throwFor(file, error, READING, { because: 'it cannot be read', remedy: 'name another file' });
}

/** The same for a file or directory that is written. */
export function throwWriteError(file: string, error: unknown): never {
  return throwFor(file, error, WRITING, { because: 'it cannot be written', remedy: ELSEWHERE });
}

function throwFor(file: string, error: unknown, reasons: Reasons, other: Reason): never {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  const { because, remedy } = reasons[code] ?? { ...other, because: `${other.because}: ${message}` };
  return refuse({ file, because, remedy });
}
