/**
 * The unsealer on disk: FOLDER/unsealer.json (its two keys) and FOLDER/vaults/ID.json, one per vault it answers. A file is
 * read at each question, so switching a vault off counts at once.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { join } from 'node:path';
import { createRecipient, type Recipient, recipientOf } from '../crypto/hpke.ts';
import { openShare, type UnsealerCard, UnsealerFormError, type VaultCard } from './protocol.ts';

export interface KnownVault {
  readonly v: 1;
  readonly vaultId: string;
  readonly clientKey: string;
  /** base64, 32 bytes. */
  readonly share: string;
  /** Addresses and networks (`10.0.0.7`, `10.0.0.0/24`) from which it may ask. */
  readonly from: readonly string[];
  readonly isOn: boolean;
  readonly perHour: number;
}

export interface Unsealer {
  readonly card: UnsealerCard;
  readonly identityKey: KeyObject;
  readonly recipient: Recipient;
}

interface UnsealerFile {
  readonly v: 1;
  /** PKCS#8 PEM of an Ed25519 key. */
  readonly identity: string;
  /** Private scalar of the HPKE key, base64. */
  readonly scalar: string;
}

const fileOf = (folder: string): string => join(folder, 'unsealer.json');
const vaultFile = (folder: string, vaultId: string): string => join(folder, 'vaults', `${vaultId}.json`);

function replace(path: string, value: object): void {
  writeFileSync(`${path}.next`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.next`, path);
}

/** Makes the unsealer's keys. @throws UnsealerFormError when there are some */
export function makeUnsealer(folder: string): Unsealer {
  if (existsSync(fileOf(folder))) throw new UnsealerFormError(`${folder} holds an unsealer already; name another folder`);
  mkdirSync(join(folder, 'vaults'), { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ed25519');
  const { d = '' } = createRecipient().privateKey.export({ format: 'jwk' });
  const file: UnsealerFile = {
    v: 1,
    identity: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    scalar: Buffer.from(d, 'base64url').toString('base64'),
  };
  replace(fileOf(folder), file);
  return openUnsealer(folder);
}

/** @throws UnsealerFormError */
export function openUnsealer(folder: string): Unsealer {
  try {
    const { identity, scalar } = JSON.parse(readFileSync(fileOf(folder), 'utf8')) as UnsealerFile;
    const identityKey = createPrivateKey(identity);
    const recipient = recipientOf(Buffer.from(scalar, 'base64'));
    const spki = createPublicKey(identityKey).export({ format: 'der', type: 'spki' }).toString('base64');
    return { card: { identity: spki, point: recipient.publicKey.toString('base64') }, identityKey, recipient };
  } catch (cause) {
    const why = existsSync(fileOf(folder))
      ? 'is damaged; put it back from a backup'
      : 'is not there; make it with "unsealer init"';
    throw new UnsealerFormError(`${fileOf(folder)} ${why}`, { cause });
  }
}

/** @throws UnsealerFormError naming the address that is none, HpkeError when the line is for another unsealer */
export function addVault(folder: string, unsealer: Unsealer, card: VaultCard, from: readonly string[], perHour: number): void {
  if (from.length === 0) throw new UnsealerFormError('name the addresses that the vault may ask from with --from');
  sources(from);
  const share = openShare(unsealer.recipient, card);
  replace(vaultFile(folder, card.vaultId), {
    v: 1,
    vaultId: card.vaultId,
    clientKey: card.clientKey,
    share: share.toString('base64'),
    from,
    isOn: true,
    perHour,
  } satisfies KnownVault);
  share.fill(0);
}

export function knownVault(folder: string, vaultId: string): KnownVault | undefined {
  if (!/^[0-9a-f]{32}$/.test(vaultId) || !existsSync(vaultFile(folder, vaultId))) return undefined;
  return JSON.parse(readFileSync(vaultFile(folder, vaultId), 'utf8')) as KnownVault;
}

export const knownVaults = (folder: string): readonly KnownVault[] =>
  readdirSync(join(folder, 'vaults'))
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => knownVault(folder, name.slice(0, -'.json'.length)) ?? []);

/** @throws UnsealerFormError when no such vault is known */
export function switchVault(folder: string, vaultId: string, isOn: boolean): void {
  const known = knownVault(folder, vaultId);
  if (known === undefined) throw new UnsealerFormError(`no vault ${vaultId} is known here; "unsealer list" names them`);
  replace(vaultFile(folder, vaultId), { ...known, isOn });
}

/** @throws UnsealerFormError naming the entry that is neither an address nor a network */
export function sources(from: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of from) {
    const [address = '', bits, ...rest] = entry.split('/');
    const family = { 4: 'ipv4', 6: 'ipv6' }[isIP(address)] as 'ipv4' | 'ipv6' | undefined;
    const most = family === 'ipv4' ? 32 : 128;
    if (family === undefined || rest.length > 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most)))
      throw new UnsealerFormError(`${entry} is neither an address nor a network such as 10.0.0.0/24`);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
