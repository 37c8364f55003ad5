/**
 * Checkpoints in files, which the signer cannot write itself: those that the owners named (on another disk), and the warden's
 * own record of the newest beside the signer's folder, kept in memory as well.
 *
 *   W4  Only well-formed checkpoints of this vault are appended, only to files of its own user whose name ends in `.anchors`:
 *       whoever takes over the signer writes nothing else with the warden's rights.
 */
import { constants, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import type { AnchorDoneFrame, AnchorFrame, AnchorsFrame, AnchorsWantedFrame, CheckpointFrame } from '../frames/frames.ts';
import { vaultIdentity } from '../frames/identity.ts';
import { decodeCheckpoint } from '../frames/notices.ts';
import type { Vault } from './vault-folder.ts';

/** A file on a mount that does not answer is given up after this, in ms. */
const fileMsMax = 5000;
const tailBytes = 64 * 1024;
const newestFile = 'newest-checkpoint.anchors';

/** What this process has seen, by vault: files can be put back while it runs. */
const newest = new Map<string, CheckpointFrame>();

type Reply = (frame: AnchorDoneFrame | AnchorsFrame) => void;

/** @returns what takes the signer's frames about anchors; `folder` is DATA/vault */
export function createAnchorFiles(
  folder: string,
  vaultId: string,
  reply: Reply,
): (frame: AnchorFrame | AnchorsWantedFrame) => void {
  const origin = `holdfast/log/v1/${vaultId}`;
  const own = join(folder, newestFile);
  let last: Promise<unknown> = Promise.resolve();

  const keepOwn = (checkpoint: CheckpointFrame): void => {
    newest.set(vaultId, checkpoint);
    writeFileSync(`${own}.next`, lineOf(checkpoint), { mode: 0o600 });
    renameSync(`${own}.next`, own);
  };
  const readOwn = (): CheckpointFrame | null =>
    newest.get(vaultId) ?? (existsSync(own) ? lastCheckpoint(readFileSync(own, 'utf8'), origin) : null);

  const find = async (path: string): Promise<AnchorsFrame['found'][number]> => {
    try {
      const checkpoint = path === '' ? readOwn() : await inTime(readNewest(path, origin));
      return { path, checkpoint, reason: '' };
    } catch (error) {
      return { path, checkpoint: null, reason: (error as Error).message.slice(0, 500) };
    }
  };
  const append = async ({ id, path, checkpoint }: AnchorFrame): Promise<void> => {
    const done = (ok: boolean, reason: string): void => reply({ kind: 'anchor-done', id, ok, reason: reason.slice(0, 500) });
    try {
      if (checkpoint.origin !== origin) throw new Error('the checkpoint is of another vault');
      if (path === '') keepOwn(checkpoint);
      else await inTime(appendLine(path, lineOf(checkpoint)));
      done(true, '');
    } catch (error) {
      done(false, (error as Error).message);
    }
  };

  return (frame) => {
    if (frame.kind === 'anchor') last = last.then(() => append(frame));
    else void Promise.all(['', ...frame.paths].map(find)).then((found) => reply({ kind: 'anchors', found }));
  };
}

/** Writes the public half of the vault's identity to DATA/vault/identity.pub, for those who check the log. */
export function keepIdentity(folder: string, { unsealKey, vaultId }: Pick<Vault, 'unsealKey' | 'vaultId'>): void {
  const pem = vaultIdentity(unsealKey, vaultId).publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const file = join(folder, 'identity.pub');
  if (existsSync(file) && readFileSync(file, 'utf8') === pem) return;
  writeFileSync(`${file}.next`, pem, { mode: 0o600 });
  renameSync(`${file}.next`, file);
}

const lineOf = (checkpoint: CheckpointFrame): string => `${JSON.stringify(checkpoint)}\n`;

/** The newest line of this vault, which is the last. */
function lastCheckpoint(text: string, origin: string): CheckpointFrame | null {
  for (const line of text.split('\n').reverse()) {
    try {
      const checkpoint = decodeCheckpoint(JSON.parse(line));
      if (checkpoint.origin === origin) return checkpoint;
    } catch {
      // Half a line at the beginning of the tail, or somebody else's: it says nothing.
    }
  }
  return null;
}

async function readNewest(path: string, origin: string): Promise<CheckpointFrame | null> {
  const handle = await openOwn(path, constants.O_RDONLY);
  if (handle === null) return null;
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(Math.min(size, tailBytes));
    await handle.read(bytes, 0, bytes.length, size - bytes.length);
    return lastCheckpoint(bytes.toString('utf8'), origin);
  } finally {
    await handle.close();
  }
}

async function appendLine(path: string, line: string): Promise<void> {
  const { O_WRONLY, O_APPEND, O_CREAT } = constants;
  const handle = await openOwn(path, O_WRONLY | O_APPEND | O_CREAT);
  if (handle === null) throw new Error(`the folder of ${path} is not there`);
  try {
    await handle.write(line);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** W4. Null when there is no such file. @throws Error naming the path */
async function openOwn(path: string, flags: number): Promise<FileHandle | null> {
  if (!isAbsolute(path) || normalize(path) !== path || !path.endsWith('.anchors'))
    throw new Error(`${path} is not an absolute path that ends in .anchors`);
  const handle = await open(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600).catch(
    (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return null;
      throw new Error(`${path} cannot be opened (${cause.code})`, { cause });
    },
  );
  if (handle === null) return null;
  const stat = await handle.stat();
  if (stat.isFile() && stat.nlink === 1 && stat.uid === process.getuid?.()) return handle;
  await handle.close();
  throw new Error(`${path} is not a file of the vault's own user with one name`);
}

const inTime = <T>(work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no answer within ${fileMsMax} ms`)), fileMsMax);
    work.then(resolve, reject).finally(() => clearTimeout(late));
  });
