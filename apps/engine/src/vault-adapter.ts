/** The vault's door as the engine's port. */
import { type AccountId, add, type GrantRequest, type Intent, type SubKeyId } from '@holdfast/domain';
import { connectVault, type SubKeyClient, VaultReadRefused } from '@holdfast/vault/client';
import { type VaultEvents, type VaultPort, VaultRefusal } from './ports.ts';

/** `secret` is the engine's peer key in hex (DATA/peers/engine.key). */
export function vaultDoor(url: string, secret: string): VaultPort {
  const door = connectVault({ url, key: { id: 'engine', secret } });
  const subKeys = new Map<SubKeyId, SubKeyClient>();
  const subKey = (id: SubKeyId, key: string): SubKeyClient => {
    const known = subKeys.get(id) ?? door.subKey({ id, secret: key });
    subKeys.set(id, known);
    return known;
  };
  const answered = async <Value>(work: Promise<Value>): Promise<Value> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof VaultReadRefused) throw new VaultRefusal(error.code, error.message);
      throw error;
    }
  };
  return {
    subscribe: (next: () => number, listener: VaultEvents) => door.events(next, listener),
    intent: (id: SubKeyId, key: string, intent: Intent) => subKey(id, key).submit(intent),
    async balances(account: AccountId) {
      const held = await answered(door.balances(account));
      return held.map(({ asset, free, locked }) => ({ asset, total: add(free, locked) }));
    },
    status: () => answered(door.status()),
    async grant(request: GrantRequest) {
      const answer = await door.grant(request);
      if (answer.kind === 'refused') throw new VaultRefusal(answer.code, answer.reason);
      return { subKey: answer.subKey, secret: answer.secret };
    },
    async revoke(id: SubKeyId) {
      const answer = await door.revoke(id);
      if (answer.kind === 'refused') throw new VaultRefusal(answer.code, answer.reason);
    },
  };
}
