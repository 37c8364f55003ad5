/**
 * That a vault was killed: DATA/vault/sealed-by-kill. While the file is there neither another host nor the system opens the
 * vault when it starts, so that a kill leaves no key in memory until a person has unsealed it.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const fileOf = (folder: string): string => join(folder, 'sealed-by-kill');

/** @throws Error when the disk takes no more */
export const keepSealed = (folder: string): void => writeFileSync(fileOf(folder), '', { mode: 0o600 });
export const isKeptSealed = (folder: string): boolean => existsSync(fileOf(folder));
/** A person has unsealed it. */
export const endKeptSealed = (folder: string): void => rmSync(fileOf(folder), { force: true });
