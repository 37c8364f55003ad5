/**
 * What a key may do at the exchange (`/sapi/v1/account/apiRestrictions`). A key that can move money out, lend, borrow or
 * that has a permission unknown to us, granted or not, is refused: closed list, deny by default.
 */
import { asObject, flagOf, timeOf } from './wire.ts';

/** Rights without which the key is of no use. */
const needed = ['enableReading', 'enableSpotAndMarginTrading'] as const;
/** Rights that may not be there. */
const forbidden: ReadonlySet<string> = new Set([
  'enableWithdrawals',
  'enableInternalTransfer',
  'permitsUniversalTransfer',
  'enableMargin',
  'enableFutures',
  'enableVanillaOptions',
  'enablePortfolioMarginTrading',
]);
/** What says nothing about rights, or harmless rights. */
const harmless: ReadonlySet<string> = new Set([
  'ipRestrict',
  'createTime',
  'tradingAuthorityExpirationTime',
  'enableFixReadOnly',
  'enableFixApiTrade',
]);

/** Why the key is not acceptable, or null. @throws MalformedReply */
export function restrictionsFault(value: unknown): string | null {
  const it = asObject(value);
  for (const right of needed) if (it[right] !== true) return `the key lacks the permission ${right}`;
  for (const [name, granted] of Object.entries(it)) {
    if (harmless.has(name) || needed.some((right) => right === name)) continue;
    if (!forbidden.has(name)) return `the key has the unknown permission ${name.slice(0, 40)}`;
    if (granted !== false) return `the key has the permission ${name}; make one that can read and trade only`;
  }
  return null;
}

/** A fault that a key in use must be stopped for: a forbidden or unknown permission that is granted. @throws MalformedReply */
export function wideningFault(value: unknown): string | null {
  for (const [name, granted] of Object.entries(asObject(value))) {
    if (harmless.has(name) || needed.some((right) => right === name) || granted === false) continue;
    return `the key now has the permission ${name.slice(0, 40)}`;
  }
  return null;
}

/** Whether the key works from listed addresses only, and when the exchange made it (unix ms). @throws MalformedReply */
export function readKeyFacts(value: unknown): { readonly ipRestricted: boolean; readonly createdAt: number } {
  const it = asObject(value);
  return { ipRestricted: flagOf(it, 'ipRestrict'), createdAt: timeOf(it, 'createTime') };
}
