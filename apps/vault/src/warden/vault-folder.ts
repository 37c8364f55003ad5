/**
 * The vault on disk. DATA/vault (0700): vault.json (id, kind), signer/ (the signer's own). A simulated vault has unseal.key in
 * it and DATA/owner/owner.key beside it; a real one has neither: its key lies wrapped in unseal/, and the certificate of its
 * pages in pages/. Beside both DATA/peers/*.key.
 *
 *   W1  What kind a vault is, is written when it is made and never again.
 *   W2  Nothing in the vault is a link, belongs to somebody else or is open to others; else it is not opened.
 *   W3  vault.json is written last: a vault without it was never used.
 *   W4  A real vault with a key beside its data is not opened.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { peerNames, peerSecret, unsealKeyBytes } from '../frames/frames.ts';
import { vaultIdentity } from '../frames/identity.ts';
import type { WrapDraft } from '../unseal/wraps.ts';
import { makeCertificate } from './certificate.ts';
import { StartError } from './start-error.ts';
import { addWrap } from './unseal-store.ts';
import { demandOwn, ownFolder, writeWhole } from './vault-file.ts';

/** 1 had simulated vaults only and no `host`. */
const version = 2;

export type VaultKind = 'simulated' | 'real';

interface VaultFile {
  readonly v: number;
  readonly vaultId: string;
  readonly kind: VaultKind;
  /** The owner's Ed25519 public key, SPKI PEM; '' of a real vault, whose owners enrol. */
  readonly ownerKey: string;
  /** Name or address of a real vault's pages; `localhost` of a simulated one. */
  readonly host: string;
}

/** A vault that may be sealed. */
export interface VaultPlace extends VaultFile {
  /** DATA/vault, real path. */
  readonly folder: string;
  /** Real path of the signer's own folder. */
  readonly signerFolder: string;
}

export interface Vault extends VaultPlace {
  readonly unsealKey: Buffer;
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

/** @throws StartError corrupt-data */
function demandUnused(folder: string): void {
  if (readdirSync(join(folder, 'signer')).length > 0)
    throw new StartError('corruptData', `${folder} has a journal but no vault.json; put the file back from a backup`);
}

const writeVaultFile = (folder: string, file: VaultFile): void =>
  writeWhole(folder, 'vault.json', `${JSON.stringify(file, null, 2)}\n`);

function makeSimulated(data: string, folder: string): void {
  demandUnused(folder);
  const vaultId = randomBytes(16).toString('hex');
  const file: VaultFile = { v: version, vaultId, kind: 'simulated', ownerKey: simulatedOwner(data), host: 'localhost' };
  const unsealKey = randomBytes(unsealKeyBytes);
  writeWhole(folder, 'unseal.key', unsealKey);
  unsealKey.fill(0);
  writeVaultFile(folder, file);
}

/** A way to open the vault that is being made. */
export interface FirstWrap {
  readonly draft: WrapDraft;
  readonly secret: Buffer;
}

/**
 * Makes a real vault, sealed. `host` is where the owner's browser reaches its pages. The answer's `identity` is
 * the fingerprint of the vault's own key, `fingerprint` that of the certificate of its pages. Overwrites the secrets. @throws StartError, WrapError
 */
export async function makeRealVault(
  data: string,
  host: string,
  wrapsFor: (vaultId: string) => readonly FirstWrap[],
  now: number,
) {
  const folder = vaultFolder(data);
  if (existsSync(join(folder, 'vault.json')))
    throw new StartError(
      'alreadyRunning',
      `${folder} holds a vault already; what kind a vault is never changes, name another data directory`,
    );
  demandUnused(folder);
  demandNoKeys(data, folder);
  const vaultId = randomBytes(16).toString('hex');
  const unsealKey = randomBytes(unsealKeyBytes);
  for (const { draft, secret } of wrapsFor(vaultId)) {
    await addWrap(folder, vaultId, draft, secret, unsealKey);
    secret.fill(0);
  }
  const identity = vaultIdentity(unsealKey, vaultId).fingerprint;
  unsealKey.fill(0);
  const { certificate, key, fingerprint } = makeCertificate(host, now);
  const pages = ownFolder(join(folder, 'pages'));
  writeWhole(pages, 'tls.key', key);
  writeWhole(pages, 'tls.pem', certificate);
  writeVaultFile(folder, { v: version, vaultId, kind: 'real', ownerKey: '', host });
  return { vaultId, identity, fingerprint };
}

/** W4 @throws StartError corrupt-data */
function demandNoKeys(data: string, folder: string): void {
  for (const [file, remedy] of [
    [join(folder, 'unseal.key'), 'a real vault keeps its key only wrapped; remove the file'],
    [join(data, 'owner', 'owner.key'), 'keep an owner key on another machine or under a passphrase; move it away'],
  ] as const)
    if (existsSync(file)) throw new StartError('corruptData', `${file} lies beside the data of a real vault; ${remedy}`);
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
  const { v, vaultId, kind, ownerKey, host = 'localhost' } = value ?? {};
  if (Number.isSafeInteger(v) && v! > version)
    throw new StartError('newerData', `${path} is of version ${v}, this program knows ${version}; run a newer holdfast`);
  const isKind = kind === 'simulated' || (kind === 'real' && v === 2);
  if ((v !== 1 && v !== 2) || !isKind || !/^[0-9a-f]{32}$/.test(vaultId ?? '') || !isHost(host))
    damaged('a field is missing or wrong');
  if (kind === 'real' && ownerKey !== '') damaged('a real vault has no owner key of its own');
  try {
    if (kind === 'simulated') createPublicKey(ownerKey ?? '');
  } catch {
    damaged('no public key of the owner');
  }
  return { v: version, vaultId: vaultId!, kind: kind!, ownerKey: ownerKey!, host };
}

/** A DNS name or an address as it stands in a browser's address bar, without port. */
export const isHost = (host: unknown): host is string =>
  typeof host === 'string' && /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)$/.test(host);

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

/** What programs show at the door, derived from the unseal key. Written when the vault is opened. */
export function writePeerKeys(data: string, { vaultId, unsealKey }: Pick<Vault, 'vaultId' | 'unsealKey'>): void {
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
  return orCannotWrite(`cannot use the data directory ${data}`, 'make it writable or name another', () => {
    mkdirSync(join(data, 'vault', 'signer'), { recursive: true, mode: 0o700 });
    const folder = join(realpathSync(data), 'vault');
    demandOwn(folder);
    return folder;
  });
}

/** The vault of a data directory, sealed; a simulated one is made when there is none and `make` says so. @throws StartError */
export function openVault(data: string, folder: string, make: boolean): VaultPlace {
  return orCannotWrite(`cannot make the vault in ${folder}`, 'make it writable or name another data directory', () => {
    const path = join(folder, 'vault.json');
    if (!existsSync(path) && !make)
      throw new StartError('usage', `${data} holds no vault; make one with "holdfast vault init", or give --simulated`);
    if (!existsSync(path)) makeSimulated(data, folder);
    const file = readVaultFile(path);
    if (file.kind === 'real') demandNoKeys(data, folder);
    return { ...file, folder, signerFolder: join(folder, 'signer') };
  });
}

/** The key that a simulated vault keeps beside its data. @throws StartError corrupt-data */
export const simulatedKey = ({ folder }: VaultPlace): Buffer => readUnsealKey(join(folder, 'unseal.key'));

function orCannotWrite<Result>(what: string, remedy: string, act: () => Result): Result {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof StartError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new StartError('cannotWrite', `${what} (${code ?? message}); ${remedy}`, { cause });
  }
}
