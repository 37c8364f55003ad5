/**
 * The vault on disk. DATA/vault (0700): vault.json (id, kind, the owner's public key), unseal.key (simulated vaults only),
 * signer/ (the signer's own). Beside it DATA/peers/*.key and, of a simulated vault, DATA/owner/owner.key.
 *
 *   W1  What kind a vault is, is written when it is made and never again.
 *   W2  Nothing in the vault is a link, belongs to somebody else or is open to others; else it is not opened.
 *   W3  vault.json is written last: a vault without it was never used.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { peerNames, peerSecret, unsealKeyBytes } from '../frames/frames.ts';
import { StartError } from './start-error.ts';

const version = 1;

interface VaultFile {
  readonly v: number;
  readonly vaultId: string;
  readonly kind: 'simulated';
  /** The owner's Ed25519 public key, SPKI PEM. */
  readonly ownerKey: string;
}

export interface Vault extends VaultFile {
  readonly unsealKey: Buffer;
  /** Real path of the signer's own folder. */
  readonly signerFolder: string;
}

function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** Writes a file of mode 0600 in one step, durably. */
function writeWhole(folder: string, name: string, content: string | Uint8Array): void {
  const next = join(folder, `${name}.next`);
  rmSync(next, { force: true });
  const descriptor = openSync(next, 'wx', 0o600);
  writeSync(descriptor, typeof content === 'string' ? Buffer.from(content) : content);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(next, join(folder, name));
  syncFolder(folder);
}

/** W2 @throws StartError corrupt-data */
function demandOwn(path: string): void {
  const stat = lstatSync(path);
  const refuse = (why: string, remedy: string): never => {
    throw new StartError('corruptData', `${path} ${why}; ${remedy}`);
  };
  if (!stat.isDirectory() && !stat.isFile()) refuse('is neither a file nor a folder', 'a vault holds no links: remove it');
  if (stat.isFile() && stat.nlink !== 1) refuse('has a second name (a hard link)', 'remove the other one');
  if (stat.uid !== process.getuid?.()) refuse(`belongs to user ${stat.uid}`, 'a vault must belong to the user who runs it');
  if ((stat.mode & 0o077) !== 0)
    refuse(`is open to others (mode ${(stat.mode & 0o777).toString(8)})`, 'run: chmod -R go= on its folder');
  if (stat.isDirectory()) for (const name of readdirSync(path)) demandOwn(join(path, name));
}

function ownFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  demandOwn(path);
  return path;
}

/** The public half of DATA/owner/owner.key, which is made if it is not there. */
function simulatedOwner(data: string): string {
  const folder = ownFolder(join(data, 'owner'));
  const file = join(folder, 'owner.key');
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ed25519');
    writeWhole(folder, 'owner.key', privateKey.export({ format: 'pem', type: 'pkcs8' }));
  }
  return createPublicKey(createPrivateKey(readFileSync(file)))
    .export({ format: 'pem', type: 'spki' })
    .toString();
}

function makeVault(data: string, folder: string): void {
  if (readdirSync(join(folder, 'signer')).length > 0) {
    throw new StartError('corruptData', `${folder} has a journal but no vault.json; put the file back from a backup`);
  }
  const file: VaultFile = {
    v: version,
    vaultId: randomBytes(16).toString('hex'),
    kind: 'simulated',
    ownerKey: simulatedOwner(data),
  };
  const unsealKey = randomBytes(unsealKeyBytes);
  writeWhole(folder, 'unseal.key', unsealKey);
  unsealKey.fill(0);
  writeWhole(folder, 'vault.json', `${JSON.stringify(file, null, 2)}\n`);
}

/** @throws StartError newer-data, corrupt-data */
function readVaultFile(path: string): VaultFile {
  const damaged = (why: string): never => {
    throw new StartError('corruptData', `${path} is damaged (${why}); put it back from a backup`);
  };
  let value: Partial<VaultFile> | null = null;
  try {
    value = JSON.parse(readFileSync(path, 'utf8')) as Partial<VaultFile> | null;
  } catch (cause) {
    damaged((cause as Error).message);
  }
  const { v, vaultId, kind, ownerKey } = value ?? {};
  if (Number.isSafeInteger(v) && v! > version) {
    throw new StartError('newerData', `${path} is of version ${v}, this program knows ${version}; run a newer holdfast`);
  }
  if (v !== version || kind !== 'simulated' || !/^[0-9a-f]{32}$/.test(vaultId ?? '')) damaged('a field is missing or wrong');
  try {
    createPublicKey(ownerKey ?? '');
  } catch {
    damaged('no public key of the owner');
  }
  return { v: version, vaultId: vaultId!, kind: 'simulated', ownerKey: ownerKey! };
}

function readUnsealKey(file: string): Buffer {
  if (!existsSync(file))
    throw new StartError(
      'corruptData',
      `${file} is missing and nothing else opens this vault; put it back, or begin a new vault elsewhere`,
    );
  const key = readFileSync(file);
  if (key.length !== unsealKeyBytes)
    throw new StartError('corruptData', `${file} has ${key.length} bytes instead of ${unsealKeyBytes}; put it back`);
  return key;
}

function writePeerKeys(data: string, { vaultId, unsealKey }: Pick<Vault, 'vaultId' | 'unsealKey'>): void {
  const folder = ownFolder(join(data, 'peers'));
  for (const peer of peerNames) {
    const secret = peerSecret(unsealKey, vaultId, peer);
    const text = `${secret.toString('hex')}\n`;
    secret.fill(0);
    const file = join(folder, `${peer}.key`);
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeWhole(folder, `${peer}.key`, text);
  }
}

/** Prepares DATA/vault so that it can be locked. @throws StartError cannot-write, corrupt-data */
export function vaultFolder(data: string): string {
  try {
    mkdirSync(join(data, 'vault', 'signer'), { recursive: true, mode: 0o700 });
    const folder = join(realpathSync(data), 'vault');
    demandOwn(folder);
    return folder;
  } catch (cause) {
    if (cause instanceof StartError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new StartError(
      'cannotWrite',
      `cannot use the data directory ${data} (${code ?? message}); make it writable or name another`,
      { cause },
    );
  }
}

/** Opens the simulated vault of a data directory, making it the first time. @throws StartError */
export function openSimulatedVault(data: string, folder: string): Vault {
  try {
    if (!existsSync(join(folder, 'vault.json'))) makeVault(data, folder);
    const file = readVaultFile(join(folder, 'vault.json'));
    const vault = { ...file, unsealKey: readUnsealKey(join(folder, 'unseal.key')), signerFolder: join(folder, 'signer') };
    writePeerKeys(data, vault);
    return vault;
  } catch (cause) {
    if (cause instanceof StartError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new StartError(
      'cannotWrite',
      `cannot make the vault in ${folder} (${code ?? message}); make it writable or name another data directory`,
      { cause },
    );
  }
}
