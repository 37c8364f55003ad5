/** Credentials: the first by the console's code, further ones signed by one that counts; none twice. */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import type { Credential, OwnerId } from '@holdfast/domain';
import { algorithmOf } from '../crypto/webauthn.ts';
import { type Answer, Refused } from '../refused.ts';
import type { OwnersContext, ProvedAct } from './context.ts';
import { sayings } from './notices.ts';
import { needCredential, shortId } from './prove.ts';
import { liveCredentials, type OwnersState } from './state.ts';

const credentialsMax = 20;

/** SHA-256 in hex of the SPKI DER. */
export const idOfKey = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');

/** @throws Refused E_PARAM when the key is not of its kind, the id not its own, or it is known already */
export function demandCredential(state: OwnersState, credential: Credential): void {
  const no = (reason: string): Refused => new Refused('E_PARAM', reason);
  let key: KeyObject;
  try {
    key = createPublicKey(credential.publicKey);
  } catch {
    throw no('publicKey is not a public key in PEM');
  }
  if (credential.publicKey !== key.export({ type: 'spki', format: 'pem' }))
    throw no('publicKey is not SPKI PEM as it is written');
  switch (credential.kind) {
    case 'ed25519':
      if (key.asymmetricKeyType !== 'ed25519') throw no('publicKey is not an Ed25519 key');
      break;
    case 'ssh':
      if (!isSshKey(key)) throw no('publicKey is not an Ed25519, P-256, P-384 or RSA key of at least 2048 bits');
      break;
    case 'webauthn':
      if (algorithmOf(key) === null) throw no('publicKey is not of an algorithm that passkeys sign with here');
      break;
  }
  if (credential.kind !== 'webauthn' && credential.id !== idOfKey(key)) throw no('id is not the SHA-256 of the public key');
  for (const known of state.credentials.values())
    if (known.credential.id === credential.id || known.credential.publicKey === credential.publicKey)
      throw new Refused(
        'E_STATE',
        `credential ${shortId(credential.id)} cannot be added: its key proves or proved an owner already`,
      );
}

function isSshKey(key: KeyObject): boolean {
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return true;
    case 'rsa':
      return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
    case 'ec':
      return ['prime256v1', 'secp384r1'].includes(key.asymmetricKeyDetails?.namedCurve ?? '');
    default:
      return false;
  }
}

/** @throws Refused */
export function acceptCredentialAdd(it: OwnersContext, proved: ProvedAct<Add>, answer: Answer): void {
  const { signer, delays, notices } = it;
  const { credential } = proved.act;
  demandCredential(signer.state.owners, credential);
  for (const change of signer.state.owners.pending.values())
    if (change.act.act === 'credential-add' && change.act.credential.id === credential.id)
      throw new Refused('E_STATE', `credential ${shortId(credential.id)} waits already`);
  if (liveCredentials(signer.state.owners, proved.owner).length >= credentialsMax)
    throw new Refused('E_STATE', `owner ${proved.owner} has ${credentialsMax} credentials, the most there may be`);
  if (delays.credential === 0) {
    proved.accept({}, () => answer(200, { credential: credential.id }));
    notices.notify(proved.owner, sayings.credentialAdded(credential.label, credential.id));
    return;
  }
  const from = signer.clock.now() + delays.credential;
  proved.accept({ from }, () => answer(200, { pending: proved.id, from }));
  notices.notify(proved.owner, sayings.pending(signer.state.owners.pending.get(proved.id)!, []));
  it.pending.schedule();
}

type Add = Extract<ProvedAct['act'], { act: 'credential-add' }>;
type Retire = Extract<ProvedAct['act'], { act: 'credential-retire' }>;

/** @throws Refused */
export function acceptCredentialRetire(
  { signer, notices, unseal }: OwnersContext,
  proved: ProvedAct<Retire>,
  answer: Answer,
): void {
  const { owners } = signer.state;
  const credential = needOwn(owners, proved.owner, proved.act.credential);
  if (liveCredentials(owners, proved.owner).length === 1)
    throw new Refused('E_STATE', 'this is the only credential; add another before it is retired, or nothing proves you any more');
  proved.accept({}, () => answer(200, { retired: credential.id }));
  unseal.retired(credential.id);
  notices.notify(proved.owner, sayings.credentialRetired(credential.label, credential.id));
}

function needOwn(owners: OwnersState, owner: OwnerId, id: string): Credential {
  const known = owners.credentials.get(id);
  if (known === undefined || known.owner !== owner) throw new Refused('E_STATE', `credential ${shortId(id)} is not known`);
  return needCredential(owners, id).credential;
}
