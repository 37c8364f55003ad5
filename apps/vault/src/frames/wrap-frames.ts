/** Passkeys that unseal the vault: the signer judges who may add one, the warden keeps them on disk. */
import { count, fields, list, text } from './decode.ts';

/** signer → warden. Each is answered by a `WrapDoneFrame` with its id. */
export type WrapFrame =
  /** `salt` base64url, `sealed` base64 to the warden's `publicKey`. */
  | {
      readonly kind: 'wrap-add';
      readonly id: number;
      readonly credential: string;
      readonly salt: string;
      readonly sealed: string;
    }
  | { readonly kind: 'wrap-remove'; readonly id: number; readonly credential: string };

/** warden → signer. `reason`: why it was not done, '' when it was. */
export interface WrapDoneFrame {
  readonly kind: 'wrap-done';
  readonly id: number;
  readonly reason: string;
}

/** What the warden says of its passkeys with the state of the processes. `publicKey`: '' on a vault that has none. */
export interface UnsealFacts {
  readonly publicKey: string;
  readonly passkeys: readonly { readonly credential: string; readonly madeAt: number }[];
}

export const noUnsealFacts: UnsealFacts = { publicKey: '', passkeys: [] };

const credentialMax = 1400;

/** @throws FrameError */
export function decodeWrapFrame(value: unknown, kind: WrapFrame['kind']): WrapFrame {
  if (kind === 'wrap-remove') {
    const it = fields(value, ['kind', 'id', 'credential'], kind);
    return { kind, id: count(it.id, 'id'), credential: text(it.credential, 'credential', credentialMax) };
  }
  const it = fields(value, ['kind', 'id', 'credential', 'salt', 'sealed'], kind);
  return {
    kind,
    id: count(it.id, 'id'),
    credential: text(it.credential, 'credential', credentialMax),
    salt: text(it.salt, 'salt', 64),
    sealed: text(it.sealed, 'sealed', 256),
  };
}

/** @throws FrameError */
export function decodeWrapDone(value: unknown): WrapDoneFrame {
  const it = fields(value, ['kind', 'id', 'reason'], 'wrap-done');
  return { kind: 'wrap-done', id: count(it.id, 'id'), reason: text(it.reason, 'reason', 400) };
}

/** @throws FrameError */
export function decodeUnsealFacts(value: unknown): UnsealFacts {
  const it = fields(value, ['publicKey', 'passkeys'], 'unseal');
  const passkeys = list(it.passkeys, 64, 'passkeys', (one) => {
    const { credential, madeAt } = fields(one, ['credential', 'madeAt'], 'passkey');
    return { credential: text(credential, 'credential', credentialMax), madeAt: count(madeAt, 'madeAt') };
  });
  return { publicKey: text(it.publicKey, 'publicKey', 128), passkeys };
}
