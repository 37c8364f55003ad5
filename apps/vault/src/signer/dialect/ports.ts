/** What the dialect door needs of the signer around it. It decides nothing: every order and cancel goes the intent door's way. */
import type { KeyObject } from 'node:crypto';
import type { CancelOrder, Pair, PlacingIntent, RefusalCode, SubKeyId, Verdict } from '@holdfast/domain';
import type { ReferencePrice } from '@holdfast/policy';
import type { SignerToGate } from '../../frames/frames.ts';
import type { Stop } from '../conditions.ts';
import type { ClockPort } from '../link.ts';
import type { AccountState, GrantState } from '../state.ts';

/** A refused request that says something about its sender (rule R9). */
export interface Denial {
  readonly subKey: SubKeyId;
  readonly code: RefusalCode;
  /** Method and path, cut. */
  readonly what: string;
  /** It asked for a withdrawal, a transfer or the management of keys: no program does that by accident. */
  readonly isTheft: boolean;
}

export interface PublicAnswer {
  readonly status: number;
  readonly body: string;
}

export interface DialectPorts {
  readonly clock: ClockPort;
  readonly isSimulated: boolean;
  /** Newest time of the exchange's clock, unix ms. */
  readonly exchangeNow: () => number;
  /** The grant and secret behind a key id of this dialect, dead grants included. */
  readonly findKey: (apiKey: string) => { readonly grant: GrantState; readonly secret: KeyObject } | undefined;
  readonly accountOf: (grant: GrantState) => AccountState;
  readonly referenceOf: (pair: Pair) => ReferencePrice | undefined;
  /** The signer's one decision point; the verdict comes when it is durable. */
  readonly place: (grant: GrantState, order: PlacingIntent, answer: (verdict: Verdict) => void) => void;
  readonly cancel: (grant: GrantState, intent: CancelOrder, answer: (verdict: Verdict) => void) => void;
  /** A GET without key or signature; null when no answer came. */
  readonly ask: (path: string, query: string) => Promise<PublicAnswer | null>;
  /** Why the sub-key may not be used at this door, or null; to be asked once its use is proved. */
  readonly bindingFault: (grant: GrantState) => Stop | null;
  readonly denied: (denial: Denial) => void;
  readonly send: (frame: SignerToGate) => void;
  readonly log: (message: string) => void;
}
