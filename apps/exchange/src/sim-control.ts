/**
 * Control of the simulated exchange on `/sim/*`: JSON, with the token of the data directory in `x-sim-token`, but for
 * GET /sim/clock. What a person does at a real exchange's website: accounts, keys, deposits, listings, halts.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Amount, type Asset, amount, asset, pair as readPair, ValueError } from '@holdfast/domain';
import { houseUser, type UserId } from '@holdfast/exchanges/simulated';
import { ApiError } from './api-error.ts';
import { money } from './format.ts';
import { loadQuietDay } from './quiet-day.ts';
import { isReference, type Lie, type References } from './reference.ts';
import { asApiError, readBody } from './rest.ts';
import { type KeyType, makeSecret, randomName, typeOfPublicKey } from './signature.ts';
import type { ApiKey, Permission } from './store.ts';
import type { Venue } from './venue.ts';

type Body = Readonly<Record<string, unknown>>;

class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export interface SimControl {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  isAuthorised(request: IncomingMessage): boolean;
}

export function makeSimControl(
  venue: Venue,
  token: string,
  clock: () => object,
  release: (until?: number) => void,
  references: References,
): SimControl {
  const isAuthorised = (request: IncomingMessage): boolean => {
    const given = Buffer.from(String(request.headers['x-sim-token'] ?? ''));
    const expected = Buffer.from(token);
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
  const run = (method: string, path: string, body: Body, query: URLSearchParams): unknown => {
    switch (`${method} ${path}`) {
      case 'POST /sim/users':
        return { userId: createUser(venue, body.credit) };
      case 'POST /sim/keys':
        return createKey(venue, body);
      case 'POST /sim/keys/change':
        return changeKey(venue, body);
      case 'POST /sim/keys/remove':
        return removeKey(venue, body);
      case 'POST /sim/reference':
        return lie(references, body);
      case 'POST /sim/credit':
        return credit(venue, body);
      case 'POST /sim/markets':
        return listMarket(venue, body);
      case 'POST /sim/halt':
        return halt(venue, body);
      case 'POST /sim/backup':
        venue.checkpoint();
        venue.store.backup(textOf(body, 'file'));
        return { file: body.file };
      case 'POST /sim/release':
        release(body.until === undefined ? undefined : timeOf(body, 'until'));
        return { held: false };
      case 'GET /sim/balances':
        return balances(venue, query);
      case 'GET /sim/keys':
        return {
          keys: [...venue.keys.values()].map(({ apiKey, userId, type, permissions }) => ({ apiKey, userId, type, permissions })),
        };
      default:
        throw new ControlError('no-such-path', `${method} ${path} is not known`, 404);
    }
  };
  return {
    isAuthorised,
    async handle(request, response): Promise<void> {
      const url = new URL(request.url ?? '/', 'http://exchange');
      try {
        const text = await readBody(request);
        if (request.method === 'GET' && url.pathname === '/sim/clock') return send(response, 200, clock());
        if (!isAuthorised(request))
          throw new ControlError('no-token', 'x-sim-token is not the content of exchange/control.token', 401);
        send(response, 200, run(request.method ?? 'GET', url.pathname, readJson(text), url.searchParams));
      } catch (error) {
        const { code, reason, status } = failureOf(error);
        send(response, status, { error: { code, reason } });
      }
    },
  };
}

function failureOf(error: unknown): { readonly code: string; readonly reason: string; readonly status: number } {
  if (error instanceof ControlError) return { code: error.code, reason: error.message, status: error.status };
  if (error instanceof ValueError) return { code: error.code, reason: error.message, status: 400 };
  const refused = asApiError(error);
  return { code: `exchange-${Math.abs(refused.code)}`, reason: refused.message, status: refused.status };
}

function readJson(text: string): Body {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Body;
  } catch {
    // answered below like every other body that is no object
  }
  throw new ControlError('body-malformed', 'The body is no JSON object');
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function textOf(body: Body, name: string): string {
  const value = body[name];
  if (typeof value !== 'string' || value === '') throw new ControlError('field-missing', `${name} must be a text`);
  return value;
}

/** A multiple of 10^-8, as the exchange counts. */
function sumOf(text: unknown, name: string): Amount {
  const value = amount(String(text));
  if (value % 10n ** 10n !== 0n) throw new ControlError('amount-too-precise', `${name} ${String(text)} has more than 8 decimals`);
  return value;
}

function creditOf(value: unknown): Readonly<Record<string, Amount>> {
  const entries = Object.entries((value ?? {}) as Record<string, unknown>);
  return Object.fromEntries(entries.map(([name, text]) => [asset(name), sumOf(text, name)]));
}

const createUser = (venue: Venue, credited: unknown): UserId => {
  const sums = creditOf(credited);
  if (Object.values(sums).some((sum) => sum < 0n))
    throw new ControlError('amount-negative', 'A first credit must not be negative');
  return venue.command((at) => venue.exchange.createUser(sums, at));
};

function userOf(venue: Venue, body: Body): UserId {
  if (typeof body.apiKey === 'string') {
    const key = venue.keys.get(body.apiKey);
    if (key === undefined) throw new ControlError('unknown-key', `No API key ${body.apiKey.slice(0, 8)}… is known`, 404);
    return key.userId;
  }
  const userId = Number(body.userId);
  if (!Number.isSafeInteger(userId) || userId <= houseUser || venue.exchange.user(userId) === undefined)
    throw new ControlError('unknown-user', `No user ${String(body.userId)} is known`, 404);
  return userId;
}

const keyTypes: ReadonlySet<string> = new Set(['hmac', 'rsa', 'ed25519']);
const everyPermission: readonly Permission[] = ['reading', 'trading'];

function permissionsOf(value: unknown): readonly Permission[] {
  if (value === undefined) return everyPermission;
  if (!Array.isArray(value) || value.some((each) => !everyPermission.includes(each as Permission)))
    throw new ControlError('permission-unknown', `permissions are ${everyPermission.join(', ')}`);
  return value as Permission[];
}

function createKey(venue: Venue, body: Body): object {
  const type = body.type ?? 'hmac';
  if (typeof type !== 'string' || !keyTypes.has(type)) throw new ControlError('key-type-unknown', 'type is hmac, rsa or ed25519');
  const permissions = permissionsOf(body.permissions);
  const sums = body.credit;
  const made = secretOf(type as KeyType, body.publicKey);
  const userId = body.userId === undefined ? createUser(venue, sums) : userOf(venue, { userId: body.userId });
  if (body.userId !== undefined && sums !== undefined) creditUser(venue, userId, sums);
  const key: ApiKey = {
    apiKey: randomName(),
    userId,
    type: type as KeyType,
    secret: made.kept,
    permissions,
    createdAt: body.createdAt === undefined ? venue.now() : timeOf(body, 'createdAt'),
    ...limitsOf(body),
  };
  venue.addKey(key);
  return { apiKey: key.apiKey, userId, type, ...(made.given === undefined ? {} : { secret: made.given }) };
}

const timeOf = (body: Body, name: string): number => {
  const value = Number(body[name]);
  if (!Number.isSafeInteger(value) || value < 0) throw new ControlError('field-missing', `${name} must be a time in unix ms`);
  return value;
};

/** Rights beyond reading and trading, and the addresses that a key is bound to. */
function limitsOf(body: Body): Pick<ApiKey, 'rights' | 'ips'> {
  const { rights, ips } = body;
  const entries = Object.entries((rights ?? {}) as Record<string, unknown>);
  if (entries.some(([name, value]) => !/^[A-Za-z]{1,60}$/.test(name) || typeof value !== 'boolean'))
    throw new ControlError('permission-unknown', 'rights are names of the exchange, each true or false');
  if (ips !== undefined && (!Array.isArray(ips) || ips.some((each) => typeof each !== 'string')))
    throw new ControlError('field-missing', 'ips must be a list of addresses');
  return {
    ...(rights === undefined ? {} : { rights: Object.fromEntries(entries) as Record<string, boolean> }),
    ...addresses(ips),
  };
}

/** An empty list lifts the restriction. */
const addresses = (ips: unknown): Pick<ApiKey, 'ips'> => (Array.isArray(ips) && ips.length > 0 ? { ips: ips as string[] } : {});

function keyOf(venue: Venue, body: Body): ApiKey {
  const apiKey = textOf(body, 'apiKey');
  const key = venue.keys.get(apiKey);
  if (key === undefined) throw new ControlError('unknown-key', `No API key ${apiKey.slice(0, 8)}… is known`, 404);
  return key;
}

function changeKey(venue: Venue, body: Body): object {
  const { ips, ...key } = keyOf(venue, body);
  const bound = body.ips === undefined && ips !== undefined ? { ips } : {};
  const permissions = body.permissions === undefined ? {} : { permissions: permissionsOf(body.permissions) };
  const changed: ApiKey = { ...key, ...bound, ...permissions, ...limitsOf(body) };
  venue.addKey(changed);
  return { apiKey: changed.apiKey, permissions: changed.permissions, rights: changed.rights ?? {}, ips: changed.ips ?? [] };
}

function removeKey(venue: Venue, body: Body): object {
  const { apiKey } = keyOf(venue, body);
  venue.removeKey(apiKey);
  return { apiKey };
}

/** `{venue, pair?, shiftBps | price | stopped: true}`; none of the three: honest again. */
function lie(references: References, body: Body): object {
  const venue = textOf(body, 'venue');
  if (!isReference(venue)) throw new ControlError('unknown-venue', `${venue} is none of the reference exchanges`, 404);
  const pair = body.pair === undefined ? null : readPair(textOf(body, 'pair'));
  const told = lieOf(body);
  if (told?.kind === 'stopped' && pair !== null) throw new ControlError('field-missing', 'an exchange stops with all its pairs');
  references.lie(venue, pair, told);
  return { venue, pair, lie: told?.kind ?? 'none' };
}

function lieOf(body: Body): Lie | null {
  if (body.stopped === true) return { kind: 'stopped' };
  if (body.price !== undefined) return { kind: 'price', price: sumOf(body.price, 'price') };
  if (body.shiftBps === undefined) return null;
  const bps = Number(body.shiftBps);
  if (!Number.isSafeInteger(bps) || bps <= -10_000) throw new ControlError('field-missing', 'shiftBps must be a whole number');
  return { kind: 'shift', bps };
}

function secretOf(type: KeyType, publicKey: unknown): { readonly kept: string; readonly given: string | undefined } {
  if (publicKey === undefined) return makeSecret(type);
  if (type === 'hmac') throw new ControlError('key-type-unknown', 'publicKey goes with type rsa or ed25519');
  let found: KeyType;
  try {
    found = typeOfPublicKey(String(publicKey));
  } catch (cause) {
    throw new ControlError('public-key-malformed', `publicKey is no usable PEM: ${(cause as Error).message}`);
  }
  if (found !== type) throw new ControlError('public-key-malformed', `publicKey is of type ${found}, not ${type}`);
  return { kept: String(publicKey), given: undefined };
}

function creditUser(venue: Venue, userId: UserId, value: unknown): void {
  const sums = Object.entries(creditOf(value)) as [Asset, Amount][];
  const held = new Map(venue.exchange.balances(userId).map((each) => [each.asset, each.free]));
  const short = sums.find(([name, sum]) => (held.get(name) ?? 0n) + sum < 0n);
  if (short !== undefined) throw new ControlError('not-enough', `User ${userId} has less than that of ${short[0]} free`);
  venue.command((at) => {
    for (const [name, sum] of sums) venue.exchange.credit(userId, name, sum, at);
  });
}

function credit(venue: Venue, body: Body): object {
  const userId = userOf(venue, body);
  creditUser(venue, userId, body.credit);
  return { userId, balances: balancesJson(venue, userId) };
}

const balancesJson = (venue: Venue, userId: UserId): object =>
  Object.fromEntries(
    venue.exchange.balances(userId).map((each) => [each.asset, { free: money(each.free), locked: money(each.locked) }]),
  );

/** Also of the house (0) and the fee account (-1), so that anyone can add everything up. */
function balances(venue: Venue, query: URLSearchParams): object {
  const asked = query.get('userId');
  if (asked === null) {
    const all = [0, -1, ...venue.exchange.userIds()];
    return { users: [...new Set(all)].map((userId) => ({ userId, balances: balancesJson(venue, userId) })) };
  }
  const userId = asked === '0' || asked === '-1' ? Number(asked) : userOf(venue, { userId: Number(asked) });
  return { userId, balances: balancesJson(venue, userId) };
}

function listMarket(venue: Venue, body: Body): object {
  const request = {
    pair: readPair(textOf(body, 'pair')),
    tick: sumOf(body.tick, 'tick'),
    lot: sumOf(body.lot, 'lot'),
    ...(body.minNotional === undefined ? {} : { minNotional: sumOf(body.minNotional, 'minNotional') }),
    ...(body.price === undefined ? {} : { price: sumOf(body.price, 'price') }),
    ...(body.house === true ? { house: {} } : {}),
  };
  const listed = venue.command((at) => venue.exchange.listMarket(request, at));
  if (!listed.ok) throw new ApiError(listed.code, listed.msg);
  if (request.price !== undefined && body.volume24h !== undefined)
    loadQuietDay(venue.exchange, listed.market, venue.now(), request.price, sumOf(body.volume24h, 'volume24h'));
  return { symbol: listed.market.symbol, pair: listed.market.pair };
}

function halt(venue: Venue, body: Body): object {
  const pair = readPair(textOf(body, 'pair'));
  if (venue.exchange.market(pair) === undefined) throw new ControlError('unknown-pair', `${pair} is not listed`, 404);
  if (typeof body.halted !== 'boolean') throw new ControlError('field-missing', 'halted must be true or false');
  const { halted } = body;
  venue.command((at) => venue.exchange.halt(pair, halted, at));
  return { pair, halted };
}
