/**
 * A sub-key in the look of an exchange key: id and secret of 64 letters and digits each. The id is the sub-key's own with a
 * tag behind it that only the vault can make, so that knowing a sub-key's name is not knowing its id here. The secret is not
 * the intent door's: the exchange's scheme signs less, and what one door takes should be worth nothing at the other.
 */
import { type KeyObject, timingSafeEqual } from 'node:crypto';
import type { SubKeyId } from '@holdfast/domain';
import type { Secrets } from '../secrets.ts';
import type { GrantState, SignerState } from '../state.ts';

const subKeyCharacters = 32;

export type FindKey = (apiKey: string) => { readonly grant: GrantState; readonly secret: KeyObject } | undefined;

/** Finds by id; id and secret are derived once. */
export function createKeyFinder(state: Pick<SignerState, 'grants'>, secrets: Pick<Secrets, 'dialectId' | 'dialectKey'>): FindKey {
  const known = new Map<SubKeyId, { readonly id: Buffer; readonly secret: KeyObject }>();
  return (apiKey) => {
    const grant = state.grants.get(apiKey.slice(0, subKeyCharacters) as SubKeyId);
    if (grant === undefined || apiKey.length !== 2 * subKeyCharacters) return undefined;
    const { subKey } = grant;
    const key = known.get(subKey) ?? {
      id: Buffer.from(secrets.dialectId(subKey, grant.epoch), 'latin1'),
      secret: secrets.dialectKey(subKey, grant.epoch),
    };
    known.set(subKey, key);
    const given = Buffer.from(apiKey, 'latin1');
    if (given.length !== key.id.length || !timingSafeEqual(key.id, given)) return undefined;
    return { grant, secret: key.secret };
  };
}
