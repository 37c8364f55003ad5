/**
 * The dialect door: a program that speaks the exchange's own API trades with a sub-key as it would with an exchange key.
 * Requests become the typed intents of the other door and meet the same judge; answers, events and errors are written in
 * the exchange's words. Nothing of a client's bytes goes further than its parsed, typed values.
 */
import type { OrderEvent, RefusalCode, SubKeyId } from '@holdfast/domain';
import type { DialectFrame } from '../../frames/dialect-frames.ts';
import { toJson } from '../journal.ts';
import type { SettledEvent } from '../records.ts';
import type { GrantState } from '../state.ts';
import { createAdmission, needKey } from './admission.ts';
import { ownBalances } from './balances.ts';
import { DialectError, refusalError } from './dialect-error.ts';
import { createFreshness } from './freshness.ts';
import { createListTrading } from './list-trading.ts';
import { createMarketData } from './market-data.ts';
import type { OwnOrders, OwnTrade } from './own-orders.ts';
import type { DialectPorts, PublicAnswer } from './ports.ts';
import { createListReads } from './read-lists.ts';
import { checkSignature, type RawRequest, splitSignature, splitTarget, type Values } from './read-request.ts';
import { createReads, noFuturesJson } from './reads.ts';
import { executionJson, type Json, money } from './show.ts';
import { listEventOf } from './show-lists.ts';
import { createStreams } from './streams.ts';
import type { Endpoint } from './table.ts';
import { isOrdinaryRead, isTheft } from './theft.ts';
import { createTrading } from './trading.ts';
import { createWaits } from './waits.ts';

export interface DialectDoor {
  /** A settled event that is durable. */
  said(event: SettledEvent): void;
  fromGate(frame: DialectFrame): void;
  /** The client of a request or connection went away. */
  gone(id: number): void;
}

/** Refusals that rule R9 counts; E_SYMBOL and E_RIGHT of orders are counted where they are judged. */
const hostile: ReadonlySet<RefusalCode> = new Set(['E_PATH', 'E_PARAM', 'E_SIG']);

/** `own` is fed with every journal record before its events are said here. */
export function createDialectDoor(ports: DialectPorts, own: OwnOrders): DialectDoor {
  const { clock, exchangeNow, findKey, accountOf, send } = ports;
  const waits = createWaits(clock);
  const market = createMarketData(ports);
  const trading = createTrading({ ...ports, own, waits, market });
  const lists = createListTrading({ ...ports, own, waits, market }, trading);
  const reads = { ...createReads(own, trading), ...createListReads(own) };
  const checkFresh = createFreshness({ now: clock.now, exchangeNow: ports.isSimulated ? exchangeNow : null });

  const admit = createAdmission({ findKey, checkFresh });
  const alive = (grant: GrantState): GrantState => {
    if (!grant.alive) throw refusalError('E_REVOKED', `the sub-key of bot ${grant.bot} is revoked`);
    return grant;
  };
  /** After the grant's signature was checked. */
  const proved = (grant: GrantState): GrantState => {
    const fault = ports.bindingFault(alive(grant));
    if (fault !== null) throw refusalError(fault.code, fault.reason);
    return grant;
  };

  const streams = createStreams({
    now: clock.now,
    send,
    isAlive: (subKey) => ownGrant(subKey)?.alive === true,
    prove: ({ apiKey, payload, signature, timestamp, recvWindow }) => {
      const { grant, secret } = needKey(findKey, apiKey);
      checkSignature(payload, signature, secret);
      checkFresh({ timestamp, recvWindow, signature, changes: true });
      remember(grant);
      return proved(grant).subKey;
    },
  });
  /** Grants behind streams: the state's own objects, so that a revoke shows here at once. */
  const heardGrants = new Map<SubKeyId, GrantState>();
  const remember = (grant: GrantState): void => void heardGrants.set(grant.subKey, grant);
  const ownGrant = (subKey: SubKeyId): GrantState | undefined => heardGrants.get(subKey);

  const carryOut = async (endpoint: Endpoint, grant: GrantState, values: Values): Promise<unknown> => {
    switch (endpoint.act) {
      case 'place':
        return trading.place(grant, values);
      case 'try-place':
        return trading.tryPlace(grant, values);
      case 'cancel':
        return trading.cancel(grant, values);
      case 'cancel-all':
        return trading.cancelAll(grant, values);
      case 'replace':
        return trading.replace(grant, values);
      case 'place-oco':
      case 'place-old-oco':
        return lists.place(grant, values, endpoint.act);
      case 'cancel-list':
        return lists.cancel(grant, values);
      case 'stream-start':
        return { listenKey: streams.start(grant.subKey) };
      case 'stream-keep':
        streams.keep(grant.subKey, values.get('listenKey') ?? '');
        return {};
      case 'stream-stop':
        streams.stop(grant.subKey, values.get('listenKey') ?? '');
        return {};
      default: {
        const read = reads[endpoint.act];
        if (read === undefined) throw refusalError('E_PATH', `${endpoint.path} is not answered`);
        return read({ grant, account: accountOf(grant), values, now: exchangeNow() });
      }
    }
  };

  const answer = async (request: RawRequest): Promise<PublicAnswer> => {
    const { endpoint, grant, values } = admit(request);
    if (grant === null) {
      if (endpoint.act === 'market') return market.read(endpoint, values);
      const known = endpoint.act === 'no-futures' ? noFuturesJson(exchangeNow()) : { status: 0, msg: 'normal' };
      return { status: 200, body: toJson(known) };
    }
    remember(grant);
    const known = endpoint.security === 'key' ? alive(grant) : proved(grant);
    return { status: 200, body: toJson(await carryOut(endpoint, known, values)) };
  };

  /** Tells rule R9 of a refusal whose sender is proved by his signature, or names himself in a request that proves nothing. */
  const tell = (request: RawRequest, error: DialectError): void => {
    const { refusal } = error;
    if (refusal === null || !hostile.has(refusal)) return;
    if (refusal === 'E_PATH' && isOrdinaryRead(request.method, request.target)) return;
    const found = /^[A-Za-z0-9]{64}$/.test(request.apiKey) ? findKey(request.apiKey) : undefined;
    if (found === undefined) return;
    if (refusal !== 'E_SIG' && !isSignedBy(request, found.secret)) return;
    const what = `${request.method.slice(0, 10)} ${splitTarget(request.target).path.slice(0, 80)}`;
    ports.denied({ subKey: found.grant.subKey, code: refusal, what, isTheft: isTheft(request.method, request.target) });
  };

  const answerRequest = (request: RawRequest): Promise<PublicAnswer> =>
    answer(request).catch((error: unknown) => {
      if (error instanceof DialectError) {
        tell(request, error);
        return { status: error.status, body: JSON.stringify(error.body()) };
      }
      ports.log(`answering a request of the dialect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      const fault = new DialectError(
        500,
        -1000,
        'The vault could not decide; whether anything was done, a query of the order says.',
      );
      return { status: 500, body: JSON.stringify(fault.body()) };
    });

  const tradeOf = (subKey: SubKeyId, event: OrderEvent): OwnTrade | null => {
    if (event.kind !== 'order-filled') return null;
    return own.trades(subKey).findLast((it) => it.tradeId === event.tradeId && it.order.intent.pair === event.pair) ?? null;
  };

  const positionJson = (grant: GrantState, at: number): Json => ({
    e: 'outboundAccountPosition',
    E: at,
    u: at,
    B: ownBalances(accountOf(grant), grant).map(({ asset, free, locked }) => ({ a: asset, f: money(free), l: money(locked) })),
  });

  return {
    gone: streams.gone,
    said: (event) => {
      if (event.kind !== 'order') return;
      const order = own.find(event.subKey, event.event.clientOrderId);
      if (order === undefined) return;
      waits.said(order);
      const grant = ownGrant(event.subKey);
      if (grant === undefined || !streams.isHeard(event.subKey)) return;
      const report = executionJson(order, event.event, tradeOf(event.subKey, event.event), order.cancelId ?? '');
      const list = listEventOf(order.list, event.event.at);
      const events = [
        ...(report === null ? [] : [report, positionJson(grant, event.event.at)]),
        ...(list === null ? [] : [list]),
      ];
      if (events.length > 0) streams.say(event.subKey, events);
    },
    fromGate: (frame) => {
      switch (frame.kind) {
        case 'dialect':
          answerRequest(frame).then(({ status, body }) => send({ kind: 'answer', id: frame.id, status, body }));
          return;
        case 'socket':
          streams.open(frame.id, frame.target);
          return;
        case 'socket-text':
          streams.heard(frame.id, frame.text);
          return;
      }
    },
  };
}

/** Whether a refused request bears a good signature of the key it names, wherever its parameters stand. */
function isSignedBy({ target, body }: RawRequest, secret: Parameters<typeof checkSignature>[2]): boolean {
  try {
    const { payload, signature } = splitSignature({ text: splitTarget(target).query, more: body });
    checkSignature(payload, signature, secret);
    return true;
  } catch {
    return false;
  }
}
