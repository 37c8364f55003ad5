/** Who signed: checks the proof of an act against the credential it names. Whatever is not proved is refused alike. */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { type OwnerProof, ownerSigningText } from '@holdfast/domain';
import { ownerNamespace, verifySshSignature } from '../crypto/ssh-signature.ts';
import { type RelyingParty, verifyAssertion } from '../crypto/webauthn.ts';
import { Refused } from '../refused.ts';
import type { CredentialState, OwnersState } from './state.ts';

export interface Proved {
  readonly credential: CredentialState;
  /** Counter of the passkey, when it was one that has a counter. */
  readonly signCount: number | undefined;
  /** The passkey's counter did not rise: there may be a copy of it. */
  readonly regressed: boolean;
}

/** The relying party of the one origin that passkeys are made and used at. */
export const relyingParty = (portalOrigin: string): RelyingParty => ({
  rpId: new URL(portalOrigin).hostname,
  origin: portalOrigin,
});

const no = (reason: string): Refused => new Refused('E_MANDATE_SIG', reason);

/** @throws Refused E_MANDATE_SIG unless a live credential signed exactly `text` at this vault */
export function prove(state: OwnersState, vaultId: string, party: RelyingParty, text: string, proof: OwnerProof): Proved {
  const credential = needCredential(state, proof.credential);
  const signed = Buffer.from(ownerSigningText(vaultId, text), 'utf8');
  if (credential.credential.kind !== proof.kind)
    throw no(
      `credential ${shortId(proof.credential)} is of the kind ${credential.credential.kind}, the proof is of ${proof.kind}`,
    );
  const publicKey = createPublicKey(credential.credential.publicKey);
  switch (proof.kind) {
    case 'ed25519': {
      const signature = Buffer.from(proof.signature, 'base64');
      if (signature.length !== ed25519Bytes || !verify(null, signed, publicKey, signature))
        throw no(`the signature is not of credential ${shortId(proof.credential)} over this act at this vault`);
      return { credential, signCount: undefined, regressed: false };
    }
    case 'ssh': {
      const result = verifySshSignature(proof.signature, ownerNamespace, signed, publicKey);
      if (result.kind === 'refused') throw no(result.reason);
      return { credential, signCount: undefined, regressed: false };
    }
    case 'webauthn': {
      const challenge = createHash('sha256').update(signed).digest();
      return assertion(party, challenge, credential, proof);
    }
  }
}

const ed25519Bytes = 64;

/** @throws Refused E_MANDATE_SIG */
export function assertion(
  party: RelyingParty,
  challenge: Uint8Array,
  credential: CredentialState,
  proof: { readonly authenticatorData: string; readonly clientDataJSON: string; readonly signature: string },
): Proved {
  const { authenticatorData, clientDataJSON, signature } = proof;
  const passkey = { publicKey: createPublicKey(credential.credential.publicKey), signCount: credential.signCount };
  const result = verifyAssertion(party, challenge, passkey, { authenticatorData, clientDataJSON, signature });
  if (result.kind === 'refused') throw no(result.reason);
  return { credential, signCount: result.signCount, regressed: result.regressed };
}

/** @throws Refused E_MANDATE_SIG when there is none of that id, or it is retired */
export function needCredential(state: OwnersState, id: string): CredentialState {
  const credential = state.credentials.get(id);
  if (credential === undefined) throw no(`no owner of this vault has the credential ${shortId(id)}`);
  if (credential.retired) throw no(`credential ${shortId(id)} is retired`);
  return credential;
}

/** Enough of an id to be told from another by people. */
export const shortId = (id: string): string => (id.length > 16 ? `${id.slice(0, 16)}…` : id);
