/** An owner of the drill: an Ed25519 key, enrolled with a code of the vault's console, that signs what a person would sign. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  type Credential,
  doorPaths,
  type OwnerAct,
  type OwnerId,
  type OwnerProof,
  ownerActText,
  ownerSigningText,
} from '@holdfast/domain';
import type { DoorAnswer, DrillVault } from '@holdfast/vault/drill';

export interface DrillOwner {
  readonly name: OwnerId;
  readonly credential: Credential;
  readonly privateKey: KeyObject;
}

export function newOwner(name: OwnerId): DrillOwner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { name, credential: credentialOf(publicKey, 'key of the drill'), privateKey };
}

export function credentialOf(publicKey: KeyObject, label: string): Credential {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return { id: createHash('sha256').update(der).digest('hex'), kind: 'ed25519', publicKey: pem, label };
}

export function proofOf({ credential, privateKey }: DrillOwner, vaultId: string, text: string): OwnerProof {
  const signature = sign(null, Buffer.from(ownerSigningText(vaultId, text), 'utf8'), privateKey).toString('base64');
  return { kind: 'ed25519', credential: credential.id, signature };
}

/** Signs an act and hands it in; says what the door answered. */
export function handIn(vault: DrillVault, owner: DrillOwner, act: OwnerAct): Promise<DoorAnswer> {
  const text = ownerActText(act);
  return vault.ask(vault.peer('cli'), doorPaths.owner, { act: text, proof: proofOf(owner, vault.vaultId, text) });
}

/** @throws Error with what the door said when it was not 200 */
export async function act(vault: DrillVault, owner: DrillOwner, what: OwnerAct): Promise<DoorAnswer['body']> {
  const { status, body } = await handIn(vault, owner, what);
  if (status !== 200) throw new Error(`${what.act} of ${owner.name} was refused: ${JSON.stringify(body)}`);
  return body;
}
