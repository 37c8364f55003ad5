/** Reads what owners sign, and its proofs, by hand: closed keys, nothing defaulted, the canonical text or none. */
import {
  type Credential,
  type Destination,
  exchangeNames,
  type OwnerAct,
  type OwnerId,
  type OwnerProof,
  ownerActText,
} from '@holdfast/domain';
import { count, FrameError, fields, list, oneOf, text } from '../../frames/decode.ts';
import { accountId, ParameterError, parseJson, reading } from '../parse.ts';
import { mandate, readOwnerId } from './parse-mandate.ts';

/** Longest text of an act and of a part of its proof, in characters: a request has at most 64 KiB. */
export const actTextMax = 48 * 1024;
const proofTextMax = 8 * 1024;
export const destinationsMax = 10;
const sealedMax = 16 * 1024;

/** @throws ParameterError */
export const parseSignedAct = (body: string): { readonly act: string; readonly proof: OwnerProof } => {
  const value = parseJson(body);
  return reading(() => {
    const it = fields(value, ['act', 'proof'], 'body');
    return { act: text(it.act, 'act', actTextMax), proof: readProof(it.proof) };
  });
};

function readProof(value: unknown): OwnerProof {
  const kind = oneOf((value as { kind?: unknown } | null)?.kind, credentialKinds, 'kind of proof');
  const part = (of: unknown, what: string): string => text(of, what, proofTextMax);
  if (kind === 'webauthn') {
    const it = fields(value, ['kind', 'credential', 'authenticatorData', 'clientDataJSON', 'signature'], 'proof');
    return {
      kind,
      credential: credentialId(it.credential),
      authenticatorData: part(it.authenticatorData, 'authenticatorData'),
      clientDataJSON: part(it.clientDataJSON, 'clientDataJSON'),
      signature: part(it.signature, 'signature'),
    };
  }
  const it = fields(value, ['kind', 'credential', 'signature'], 'proof');
  return { kind, credential: credentialId(it.credential), signature: part(it.signature, 'signature') };
}

const credentialKinds = ['ed25519', 'ssh', 'webauthn'] as const;

/** Hex or unpadded base64url. */
export const credentialId = (value: unknown): string => matching(value, 'credential', 1400, /^[A-Za-z0-9_-]{1,1400}$/);

/** Reads the text of an act and demands that writing it again gives the same text. @throws ParameterError */
export const parseOwnerAct = (source: string): OwnerAct => {
  const value = parseJson(source);
  const act = reading(() => ownerAct(value));
  if (ownerActText(act) !== source) throw new ParameterError('the act is not in its canonical form');
  return act;
};

const actKeys = {
  'account-create': ['account', 'exchange', 'key'],
  'account-import': ['account', 'exchange', 'ticket', 'sealed'],
  'account-connect': ['account', 'apiKey'],
  'account-rotate': ['account', 'key'],
  'account-remove': ['account'],
  mandate: ['mandate'],
  veto: ['pending'],
  unfreeze: ['account', 'stateEpoch'],
  revive: ['account'],
  'credential-add': ['credential'],
  'credential-retire': ['credential'],
  'unseal-add': ['credential', 'salt', 'sealed'],
  'unseal-remove': ['credential'],
  destinations: ['destinations'],
  'destination-confirm': ['destination', 'code'],
} as const satisfies Record<OwnerAct['act'], readonly string[]>;

const actNames = Object.keys(actKeys) as OwnerAct['act'][];

function ownerAct(value: unknown): OwnerAct {
  const act = oneOf((value as { act?: unknown } | null)?.act, actNames, 'act');
  const it = fields(value, ['act', 'at', ...actKeys[act]], 'act');
  const at = count(it.at, 'at');
  switch (act) {
    case 'account-create':
      return { act, account: accountId(it.account), exchange: exchange(it.exchange), key: bornKind(it.key), at };
    case 'account-import': {
      const sealed = matching(it.sealed, 'sealed', sealedMax, /^[A-Za-z0-9+/]+={0,2}$/);
      return {
        act,
        account: accountId(it.account),
        exchange: exchange(it.exchange),
        ticket: hash(it.ticket, 'ticket'),
        sealed,
        at,
      };
    }
    case 'account-connect':
      return { act, account: accountId(it.account), apiKey: matching(it.apiKey, 'apiKey', 128, /^[A-Za-z0-9]{1,128}$/), at };
    case 'account-rotate':
      return { act, account: accountId(it.account), key: bornKind(it.key), at };
    case 'account-remove':
    case 'revive':
      return { act, account: accountId(it.account), at };
    case 'mandate':
      return { act, mandate: mandate(it.mandate), at };
    case 'veto':
      return { act, pending: hash(it.pending, 'pending'), at };
    case 'unfreeze':
      return {
        act,
        account: it.account === null ? null : accountId(it.account),
        stateEpoch: count(it.stateEpoch, 'stateEpoch'),
        at,
      };
    case 'credential-add':
      return { act, credential: readCredential(it.credential), at };
    case 'credential-retire':
    case 'unseal-remove':
      return { act, credential: credentialId(it.credential), at };
    case 'unseal-add':
      return {
        act,
        credential: credentialId(it.credential),
        salt: matching(it.salt, 'salt', 43, /^[A-Za-z0-9_-]{43}$/),
        // A point of 65 bytes, 32 bytes and a tag of 16.
        sealed: matching(it.sealed, 'sealed', 152, /^[A-Za-z0-9+/]{151}=$/),
        at,
      };
    case 'destinations': {
      const destinations = list(it.destinations, destinationsMax, 'destinations', destination);
      if (new Set(destinations.map((one) => one.id)).size !== destinations.length)
        throw new FrameError('a destination stands twice');
      return { act, destinations, at };
    }
    case 'destination-confirm':
      return { act, destination: destinationId(it.destination), code: line(it.code, 'code', 20), at };
  }
}

const exchange = (value: unknown) => oneOf(value, exchangeNames, 'exchange');
const bornKind = (value: unknown) => oneOf(value, ['ed25519', 'rsa'], 'key');
const hash = (value: unknown, what: string): string => matching(value, what, 64, /^[0-9a-f]{32,64}$/);
const destinationId = (value: unknown): string => matching(value, 'destination', 40, /^[A-Za-z0-9_-]{1,40}$/);

function matching(value: unknown, what: string, longest: number, pattern: RegExp): string {
  const read = text(value, what, longest);
  if (!pattern.test(read)) throw new FrameError(`${what} is not of its form`);
  return read;
}

/** One line that people read: no control characters. */
function line(value: unknown, what: string, longest: number): string {
  const read = text(value, what, longest);
  for (const character of read) if (character < ' ' || character === '\u007f') throw new FrameError(`${what} is not one line`);
  return read;
}

/** @throws FrameError */
export function readCredential(value: unknown): Credential {
  const it = fields(value, ['id', 'kind', 'publicKey', 'label'], 'credential');
  return {
    id: credentialId(it.id),
    kind: oneOf(it.kind, credentialKinds, 'kind'),
    publicKey: text(it.publicKey, 'publicKey', 2048),
    label: line(it.label, 'label', 60),
  };
}

function destination(value: unknown): Destination {
  const kind = oneOf((value as { kind?: unknown } | null)?.kind, ['webhook', 'ntfy', 'smtp', 'file'], 'kind of destination');
  switch (kind) {
    case 'webhook':
    case 'ntfy': {
      const it = fields(value, ['id', 'kind', 'url'], 'destination');
      return { id: destinationId(it.id), kind, url: line(it.url, 'url', 500) };
    }
    case 'file': {
      const it = fields(value, ['id', 'kind', 'path'], 'destination');
      return { id: destinationId(it.id), kind, path: line(it.path, 'path', 500) };
    }
    case 'smtp': {
      const it = fields(value, ['id', 'kind', 'host', 'port', 'tls', 'from', 'to', 'user', 'password'], 'destination');
      return {
        id: destinationId(it.id),
        kind,
        host: line(it.host, 'host', 253),
        port: count(it.port, 'port'),
        tls: oneOf(it.tls, ['implicit', 'starttls', 'none'], 'tls'),
        from: line(it.from, 'from', 254),
        to: line(it.to, 'to', 254),
        user: line(it.user, 'user', 254),
        password: line(it.password, 'password', 254),
      };
    }
  }
}

export const parseLabel = (value: unknown): string => line(value, 'label', 60);

/** `{owner, code, credential}` of a first credential. @throws ParameterError */
export const parseEnrol = (body: string): { readonly owner: OwnerId; readonly code: string; readonly credential: Credential } => {
  const value = parseJson(body);
  return reading(() => {
    const it = fields(value, ['owner', 'code', 'credential'], 'body');
    return { owner: readOwnerId(it.owner), code: line(it.code, 'code', 40), credential: readCredential(it.credential) };
  });
};

/** `{owner}`, or `{owner: null}` for a code that any new owner may use. @throws ParameterError */
export const parseEnrolCode = (body: string): OwnerId | null => {
  const value = parseJson(body);
  return reading(() => {
    const { owner } = fields(value, ['owner'], 'body');
    return owner === null ? null : readOwnerId(owner);
  });
};

/** `{pending}` @throws ParameterError */
export const parseVeto = (body: string): string => {
  const value = parseJson(body);
  return reading(() => hash(fields(value, ['pending'], 'body').pending, 'pending'));
};
