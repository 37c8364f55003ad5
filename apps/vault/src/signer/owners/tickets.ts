/**
 * Getting a secret in from outside: a one-time ticket with a fresh public key, signed by the vault's identity, to which the
 * owner's page or command line seals the secret (HPKE).
 *
 *   T1  A ticket opens once, within ten minutes, and its private half is gone at the first try, whatever comes of it.
 *   T2  What was sealed names ticket, vault, credential and exchange, outside and inside: it opens for nothing else.
 *   T3  The secret is read out of its bytes; it never becomes a text.
 */
import { randomBytes, sign } from 'node:crypto';
import { type ExchangeName, type SealTicket, sealAadText, sealInfoText, ticketText } from '@holdfast/domain';
import { fields, oneOf, text } from '../../frames/decode.ts';
import { createRecipient, HpkeError, hpkeOpen, type Recipient } from '../crypto/hpke.ts';
import type { ClockPort } from '../link.ts';
import { parseJson, reading } from '../parse.ts';
import { Refused } from '../refused.ts';
import type { Secrets } from '../secrets.ts';
import type { KeyKind } from './state.ts';

export const ticketMs = 600_000;
const ticketsMax = 50;
export interface SealedKey {
  readonly apiKey: string;
  readonly kind: KeyKind;
  /** The caller overwrites it. */
  readonly secret: Buffer;
}

export interface Tickets {
  issue(): SealTicket;
  /** @throws Refused E_CONNECT, E_PARAM */
  open(ticket: string, credential: string, exchange: ExchangeName, sealed: string): SealedKey;
}

export function createTickets(vaultId: string, secrets: Secrets, clock: ClockPort): Tickets {
  const live = new Map<string, { readonly recipient: Recipient; readonly expires: number }>();
  const dropOld = (): void => {
    for (const [id, it] of live) if (it.expires <= clock.now() || live.size > ticketsMax) live.delete(id);
  };
  return {
    issue: () => {
      const recipient = createRecipient();
      const shown = {
        ticket: randomBytes(16).toString('hex'),
        publicKey: recipient.publicKey.toString('base64'),
        expires: clock.now() + ticketMs,
      };
      live.set(shown.ticket, { recipient, expires: shown.expires });
      dropOld();
      const signature = sign(null, bytesOf(ticketText(vaultId, shown)), secrets.identity().privateKey);
      return { ...shown, signature: signature.toString('base64') };
    },
    open: (ticket, credential, exchange, sealed) => {
      const found = live.get(ticket);
      live.delete(ticket);
      if (found === undefined || found.expires <= clock.now())
        throw new Refused(
          'E_CONNECT',
          'the ticket was used, is older than 10 minutes, or is not of this vault; ask for a new one',
        );
      return readSealed(openSealed(found.recipient, vaultId, ticket, credential, exchange, sealed), credential, exchange, clock);
    },
  };
}

const bytesOf = (text: string): Buffer => Buffer.from(text, 'utf8');

function openSealed(
  recipient: Recipient,
  vaultId: string,
  ticket: string,
  credential: string,
  exchange: string,
  sealed: string,
): Buffer {
  try {
    const bytes = Buffer.from(sealed, 'base64');
    return hpkeOpen(recipient, bytesOf(sealInfoText(vaultId, ticket)), bytesOf(sealAadText(credential, exchange)), bytes);
  } catch (error) {
    if (!(error instanceof HpkeError)) throw error;
    throw new Refused('E_CONNECT', 'what was sealed does not open with this ticket, credential and exchange; seal it anew');
  }
}

const keys = ['exchange', 'apiKey', 'secret', 'passphrase', 'keyType', 'owner', 'at'];

function readSealed(plain: Buffer, credential: string, exchange: ExchangeName, clock: ClockPort): SealedKey {
  const secret = takeText(plain, 'secret');
  try {
    const passphrase = takeText(plain, 'passphrase');
    const emptyPassphrase = passphrase.length === 0;
    passphrase.fill(0);
    const value = parseJson(plain.toString('utf8'));
    const it = reading(() => {
      const read = fields(value, keys, 'sealed text');
      return {
        exchange: text(read.exchange, 'exchange', 40),
        apiKey: text(read.apiKey, 'apiKey', 128),
        kind: oneOf(read.keyType, ['hmac', 'ed25519', 'rsa'], 'keyType'),
        owner: text(read.owner, 'owner', 1400),
        at: read.at,
      };
    });
    const no = (reason: string): Refused => new Refused('E_PARAM', reason);
    if (!emptyPassphrase) throw no(`keys of the exchange ${exchange} have no passphrase`);
    if (it.exchange !== exchange || it.owner !== credential) throw no('what was sealed names another exchange or credential');
    if (typeof it.at !== 'number' || Math.abs(clock.now() - it.at) > ticketMs) throw no('what was sealed is of another time');
    if (!/^[A-Za-z0-9]{1,128}$/.test(it.apiKey)) throw no('the key id is not of letters and digits');
    if (secret.length === 0) throw no('the secret is empty');
    return { apiKey: it.apiKey, kind: it.kind, secret };
  } catch (error) {
    secret.fill(0);
    throw error;
  } finally {
    plain.fill(0);
  }
}

const quote = 0x22;
const backslash = 0x5c;

/**
 * Cuts the text of one member out of JSON bytes: gives its bytes and leaves an empty text in its place. Inside another text
 * the name could stand only with escaped quotes, so its first appearance is the member.
 */
function takeText(json: Buffer, name: string): Buffer {
  const mark = Buffer.from(`"${name}":"`, 'utf8');
  const at = json.indexOf(mark);
  const malformed = (): Refused => new Refused('E_PARAM', `what was sealed has no text ${name}`);
  if (at === -1) throw malformed();
  const from = at + mark.length;
  const taken = Buffer.alloc(json.length - from);
  let length = 0;
  let next = from;
  for (; json[next] !== quote; next += 1) {
    let byte = json[next];
    if (byte === undefined) {
      taken.fill(0);
      throw malformed();
    }
    if (byte === backslash) {
      next += 1;
      byte = escapes[json[next] ?? 0];
      if (byte === undefined) {
        taken.fill(0);
        throw malformed();
      }
    }
    taken[length] = byte;
    length += 1;
  }
  // Blanks between the member's quotes would stay in its text, so the rest moves up and blanks follow the end.
  json.copy(json, from, next);
  json.fill(0x20, json.length - (next - from));
  const exact = Buffer.from(taken.subarray(0, length));
  taken.fill(0);
  return exact;
}

/** Bytes that stand for themselves or for a line feed after a backslash; others do not occur in keys. */
const escapes: Readonly<Record<number, number>> = { 34: 0x22, 92: 0x5c, 47: 0x2f, 110: 0x0a, 114: 0x0d };
