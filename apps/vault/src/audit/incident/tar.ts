/** An archive in the ustar form of POSIX.1-1988, readable by every tar: regular files of mode 0600, no owner's name. */

export interface ArchiveFile {
  /** At most 100 bytes of ASCII. */
  readonly name: string;
  readonly bytes: Buffer;
}

const blockBytes = 512;

/** The archive of `files` as of `at` (unix ms). @throws RangeError when a name or size does not fit */
export function tarOf(files: readonly ArchiveFile[], at: number): Buffer {
  const parts = files.flatMap(({ name, bytes }) => [
    headerOf(name, bytes.length, at),
    bytes,
    Buffer.alloc(paddingOf(bytes.length)),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}

const paddingOf = (size: number): number => (blockBytes - (size % blockBytes)) % blockBytes;

function headerOf(name: string, size: number, at: number): Buffer {
  if (!/^[\x21-\x7e]{1,100}$/.test(name)) throw new RangeError(`${name} cannot be the name of a file in the archive`);
  if (size > 0o77777777777) throw new RangeError(`${name} has ${size} bytes, too many for the archive`);
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, from: number, digits: number): void =>
    void header.write(`${value.toString(8).padStart(digits, '0')}\0`, from, 'latin1');
  header.write(name, 0, 'latin1');
  octal(0o600, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(Math.floor(at / 1000), 136, 11);
  header.write('        0', 148, 'latin1'); // the sum is counted with blanks in its place; 0 is a regular file
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
