/**
 * The canonical text of what the owner signs: JSON with sorted keys, no white space, amounts as shortest decimal strings,
 * numbers only as safe integers. The vault reads it, writes it again and demands that both texts are equal.
 */
import type { OwnerAct } from './door.ts';
import type { Mandate } from './mandate.ts';
import { formatAmount } from './money.ts';

/** The text of an act as it is signed and sent. */
export const ownerActText = (act: OwnerAct): string => canonicalText(act);

/** What an owner signs to be shown what is his. No act: it changes nothing. */
export const ownerViewText = (at: number): string => canonicalText({ act: 'view', at });

/** The text of a mandate by itself; its SHA-256 in hex is the `prev` of the one that replaces it. */
export const mandateText = (mandate: Mandate): string => canonicalText(mandate);

/** What the owner's Ed25519 key signs (in UTF-8) so that `text` counts at the vault `vaultId`. The signature travels in base64. */
export const ownerSigningText = (vaultId: string, text: string): string => `holdfast/owner/v1\0${vaultId}\0${text}`;

/** Canonical JSON of plain objects, lists, texts, safe integers, booleans, null, and amounts (bigint). @throws TypeError */
export function canonicalText(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `"${formatAmount(value)}"`;
  if (Number.isSafeInteger(value)) return String(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`no canonical text for ${typeof value}`);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalText(member)}`);
  return `{${members.join(',')}}`;
}
