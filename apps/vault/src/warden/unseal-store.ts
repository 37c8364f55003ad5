/** The wraps of a vault on disk (DATA/vault/unseal/NAME.json), and trying secrets on them. */
import { timingSafeEqual } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  isWrapName,
  readWrap,
  secretFault,
  unwrapKey,
  type Wrap,
  type WrapDraft,
  type WrapKind,
  wrapKey,
} from '../unseal/wraps.ts';
import { StartError } from './start-error.ts';
import { writeWhole } from './vault-file.ts';

const folderOf = (vaultFolder: string): string => join(vaultFolder, 'unseal');

/** @throws StartError corrupt-data */
export function readWraps(vaultFolder: string): readonly Wrap[] {
  const folder = folderOf(vaultFolder);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => {
      const wrap = readWrap(readFileSync(join(folder, name), 'utf8'));
      if (wrap !== null && `${wrap.name}.json` === name) return wrap;
      throw new StartError(
        'corruptData',
        `${join(folder, name)} is damaged; put it back from a backup, or remove it if another way opens the vault`,
      );
    });
}

/** What cannot be done to the wraps, as one line. */
export class WrapError extends Error {
  override readonly name = 'WrapError';
}

/** Wraps the key once more. The caller overwrites both secrets. @throws WrapError */
export async function addWrap(
  vaultFolder: string,
  vaultId: string,
  draft: WrapDraft,
  secret: Buffer,
  unsealKey: Buffer,
): Promise<void> {
  if (!isWrapName(draft.name)) throw new WrapError(`${draft.name.slice(0, 40)} is no name: use a-z, 0-9 and -, at most 40`);
  if (readWraps(vaultFolder).some(({ name }) => name === draft.name))
    throw new WrapError(`there is a way to unseal called ${draft.name} already; remove it first or choose another name`);
  const fault = secretFault(draft.kind, secret);
  if (fault !== undefined) throw new WrapError(`the ${draft.kind === 'passphrase' ? 'passphrase' : 'secret'} ${fault}`);
  const wrap = await wrapKey(draft, vaultId, secret, unsealKey);
  mkdirSync(folderOf(vaultFolder), { recursive: true, mode: 0o700 });
  writeWhole(folderOf(vaultFolder), `${wrap.name}.json`, `${JSON.stringify(wrap, null, 2)}\n`);
}

/** @throws WrapError when there is none of that name, or none would be left */
export function removeWrap(vaultFolder: string, name: string): void {
  const wraps = readWraps(vaultFolder);
  if (!wraps.some((wrap) => wrap.name === name)) throw new WrapError(`no way to unseal is called ${name.slice(0, 40)}`);
  if (wraps.length === 1) throw new WrapError(`${name} is the only way to unseal this vault; add another first`);
  rmSync(join(folderOf(vaultFolder), `${name}.json`));
}

/** The unseal key that `secret` opens in any wrap of these kinds; all are tried, whichever opens. Overwrites `secret`. */
export async function keyIn(wraps: readonly Wrap[], kinds: readonly WrapKind[], vaultId: string, secret: Buffer) {
  let found: { key: Buffer; wrap: Wrap } | null = null;
  try {
    for (const wrap of wraps.filter(({ kind }) => kinds.includes(kind))) {
      const key = await unwrapKey(wrap, vaultId, secret);
      if (key !== null && found === null) found = { key, wrap };
      else key?.fill(0);
    }
    return found;
  } finally {
    secret.fill(0);
  }
}

/** Whether a secret opens this vault, said of the key that is in memory. Overwrites `secret`. */
export async function provesOwner(wraps: readonly Wrap[], vaultId: string, secret: Buffer, unsealKey: Buffer): Promise<boolean> {
  const found = await keyIn(wraps, ['passphrase', 'credential'], vaultId, secret);
  if (found === null) return false;
  const isSame = timingSafeEqual(found.key, unsealKey);
  found.key.fill(0);
  return isSame;
}
