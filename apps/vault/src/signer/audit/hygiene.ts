/**
 * What may not enter the journal: it is copied to backups, anchored, and handed to police and exchanges.
 *
 *   J1  No record has a field for raw headers, bodies, keys or tokens; such a field is a mistake of ours and stops the signer.
 *   J2  Texts are cut to `textMax` characters, but for those that were checked as a whole and are needed as a whole.
 */

/** Longest text of a record, in characters. */
export const textMax = 1024;
/** Signed texts and what proves them: cutting would make them worthless, and their own parsers limit them. */
const whole: ReadonlySet<string> = new Set([
  'text',
  'signature',
  'proof',
  'publicKey',
  'authenticatorData',
  'clientDataJSON',
  'sealed',
]);
const forbidden: ReadonlySet<string> = new Set([
  'headers',
  'body',
  'secret',
  'password',
  'passphrase',
  'privateKey',
  'token',
  'session',
  'mac',
  'unsealKey',
]);

/** A field that the journal must not have. */
export class HygieneError extends Error {
  override readonly name = 'HygieneError';
}

/** The record with its texts cut; the same object when there is nothing to cut. @throws HygieneError (J1) */
export function tidy<T>(record: T): T {
  return cut(record, '') as T;
}

function cut(value: unknown, key: string): unknown {
  if (typeof value === 'string') return value.length <= textMax || whole.has(key) ? value : `${value.slice(0, textMax - 1)}…`;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => cut(item, key));
    return items.every((item, n) => item === value[n]) ? value : items;
  }
  let changed: Record<string, unknown> | undefined;
  for (const name in value) {
    if (forbidden.has(name)) throw new HygieneError(`a record of the journal may not have the field ${name}`);
    const was = (value as Record<string, unknown>)[name];
    const now = cut(was, name);
    if (now === was) continue;
    changed ??= { ...value };
    changed[name] = now;
  }
  return changed ?? value;
}
