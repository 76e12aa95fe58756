// What the system says against a file, in a sentence that names the file and the remedy.

import { type Objection, refuse } from '../../lib/nutcracker/config-error';

type Reason = Pick<Objection, 'because' | 'remedy'>;
type Reasons = Readonly<Record<string, Reason>>;

const EITHER: Reasons = {
  ENOTDIR: { because: 'a part of the path is a file, not a directory', remedy: 'correct the path' },
  ELOOP: { because: 'its symbolic links lead in a circle', remedy: 'correct the links' },
  ENAMETOOLONG: { because: 'a name is too long for the file system', remedy: 'take a shorter one' },
  EMFILE: { because: 'this process has too many files open', remedy: 'raise the limit (ulimit -n)' },
  ENFILE: { because: 'the system has too many files open', remedy: 'close some, or try again later' },
  EIO: { because: 'the device reports an error', remedy: 'look at the log of the system' },
};
const READING: Reasons = {
  ...EITHER,
  ENOENT: { because: 'there is no such file', remedy: 'check the directory from which relative paths are looked up' },
  EISDIR: { because: 'it is a directory', remedy: 'name a file in it' },
  EACCES: { because: 'it may not be read', remedy: 'let this user read it, or pipe it in as -' },
  EPERM: { because: 'it may not be read', remedy: 'let this user read it, or pipe it in as -' },
  ERR_FS_FILE_TOO_LARGE: { because: 'it is larger than 2 GiB', remedy: 'name another file' },
};
const ELSEWHERE = 'write to another directory';
const WRITING: Reasons = {
  ...EITHER,
  ENOENT: { because: 'there is no such directory to write it to', remedy: 'make the directory, or name another' },
  EISDIR: { because: 'it is a directory', remedy: 'name a file in it' },
  EEXIST: { because: 'it is there already', remedy: 'move it away, or name another' },
  EACCES: { because: 'this user may not write there', remedy: ELSEWHERE },
  EPERM: { because: 'this user may not write there', remedy: ELSEWHERE },
  EROFS: { because: 'the file system is read-only', remedy: ELSEWHERE },
  ENOSPC: { because: 'there is no room for it', remedy: `make room, or ${ELSEWHERE}` },
  EDQUOT: { because: 'the quota of this user is used up', remedy: `make room, or ${ELSEWHERE}` },
  EFBIG: { because: 'it would be larger than this user may write', remedy: 'raise the limit (ulimit -f)' },
};

/** Passes on as it is what no file is to blame for. */
export function refuseFile(file: string, error: unknown): never {
  return refuseFor(file, error, READING, { because: 'it cannot be read', remedy: 'name another file' });
}

/** The same of a file, or directory, that is written. */
export function refuseWriting(file: string, error: unknown): never {
  return refuseFor(file, error, WRITING, { because: 'it cannot be written', remedy: ELSEWHERE });
}

function refuseFor(file: string, error: unknown, reasons: Reasons, other: Reason): never {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  const { because, remedy } = reasons[code] ?? { ...other, because: `${other.because}: ${message}` };
  return refuse({ file, because, remedy });
}
