/**
 * Answers vaults: `POST /v1/share`, nothing else. What it gives opens nothing without the vault's own disk, and it gives it
 * only to the address and key it knows, seldom, and while it is switched on.
 *
 *   N1  Who does not sign with the known key learns nothing about the vault, not even that it is known.
 *   N2  A question counts once.
 *   N3  Whoever reaches the port and asks without end keeps no vault out, and fills neither memory nor log.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { HpkeError } from '../crypto/hpke.ts';
import { keepRoom } from '../frames/connections.ts';
import { type KnownVault, knownVault, sources, type Unsealer } from './book.ts';
import { answerTo, isAskedBy, type Question, questionBytesMax, readQuestion, UnsealerFormError } from './protocol.ts';

export interface UnsealerOptions {
  readonly folder: string;
  readonly unsealer: Unsealer;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

/** The clocks of two hosts may differ by this. */
const skewMsMax = 120_000;
const hourMs = 3_600_000;
/** Questions of one address in a minute, good or bad. */
const questionsPerMinuteMax = 30;
const connectionsMax = 64;
/** Addresses that are told apart; those that asked longest ago are forgotten first. */
const addressesMax = 10_000;

class Refused extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, reason: string) {
    super(reason);
    this.status = status;
    this.code = code;
  }
}

export function createUnsealer({ folder, unsealer, now, log }: UnsealerOptions): Server {
  const asked = new Map<string, number[]>();
  const given = new Map<string, number[]>();
  /** Addresses whose refusals for asking too much were written down. */
  const noted = new Map<string, number[]>();
  const nonces = new Map<string, number>();

  /** Whether `key` did less than `most` in the last `ms`; counts this time when it did. */
  const mayAgain = (times: Map<string, number[]>, key: string, most: number, ms: number): boolean => {
    const recent = (times.get(key) ?? []).filter((time) => now() - time < ms);
    if (recent.length >= most) return false;
    recent.push(now());
    times.delete(key);
    times.set(key, recent);
    if (times.size > addressesMax) times.delete(times.keys().next().value as string);
    return true;
  };

  const demandOnce = (question: Question): void => {
    for (const [nonce, time] of nonces) if (now() - time > 2 * skewMsMax) nonces.delete(nonce);
    if (Math.abs(now() - question.time) > skewMsMax)
      throw new Refused(
        403,
        'unsealer-time',
        `the clocks of vault and unsealer differ by more than ${skewMsMax / 1000} s; set them`,
      );
    if (nonces.has(question.nonce)) throw new Refused(403, 'unsealer-replay', 'this question was answered before');
    nonces.set(question.nonce, now());
  };

  const shareFor = (address: string, body: string): { vault: KnownVault; answer: object } => {
    const question = readQuestion(body);
    const vault = knownVault(folder, question.vaultId);
    if (vault === undefined || !isAskedBy(vault.clientKey, question, unsealer.card.identity))
      throw new Refused(403, 'unsealer-unknown', 'no vault of this key is known here'); // N1
    if (!sources(vault.from).check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'))
      throw new Refused(403, 'unsealer-address', `the vault may not ask from ${address}`);
    demandOnce(question);
    if (!vault.isOn) throw new Refused(403, 'unsealer-off', 'the unsealer is switched off for this vault; switch it on there');
    if (!mayAgain(given, vault.vaultId, vault.perHour, hourMs))
      throw new Refused(
        429,
        'unsealer-rate',
        `the share was given ${vault.perHour} times in the last hour; look why the vault restarts`,
      );
    const share = Buffer.from(vault.share, 'base64');
    const answer = answerTo(question, share, unsealer.identityKey);
    share.fill(0);
    return { vault, answer };
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const address = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const note = (what: string): void => log(`${new Date(now()).toISOString()} ${address} ${what}`);
    try {
      if (request.method !== 'POST' || request.url !== '/v1/share') throw new Refused(404, 'unsealer-path', 'POST /v1/share');
      if (!mayAgain(asked, address, questionsPerMinuteMax, 60_000))
        throw new Refused(429, 'unsealer-rate', 'too many questions in a minute');
      const { vault, answer } = shareFor(address, await bodyOf(request));
      note(`share of ${vault.vaultId} given`);
      say(response, 200, answer);
    } catch (error) {
      const refused = refusalOf(error);
      if (refused.status !== 429 || mayAgain(noted, address, 1, 60_000)) note(`refused: ${refused.code}`);
      say(response, refused.status, { error: { code: refused.code, reason: refused.message } });
    }
  };

  const options = { requestTimeout: 10_000, headersTimeout: 5000, maxHeaderSize: 4096 };
  const server = createServer(options, (request, response) => void handle(request, response));
  // What is asked is answered at once: whoever sends nothing, or slowly, makes room for a vault that does.
  keepRoom(server, connectionsMax);
  return server;
}

function refusalOf(error: unknown): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof UnsealerFormError || error instanceof HpkeError) return new Refused(400, 'unsealer-form', error.message);
  return new Refused(500, 'unsealer-fault', 'the unsealer failed; its log has more');
}

function say(response: ServerResponse, status: number, value: object): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  response.end(body);
}

/** @throws UnsealerFormError when it is too long */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let held = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    held += chunk.length;
    if (held > questionBytesMax) throw new UnsealerFormError(`a question has at most ${questionBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
