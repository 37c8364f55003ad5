/**
 * How records change the state: the only thing that does, for a new record and for one read at start alike. No clock, no
 * randomness, no input but the record.
 */
import {
  type AccountId,
  type Amount,
  type Asset,
  baseOf,
  idsOf,
  legsOf,
  multiply,
  type OrderEvent,
  type OrderFill,
  type PlaceOrder,
  type PlacingIntent,
  quoteOf,
  type SubKeyId,
  temporaryRefusals,
  type Verdict,
  type VerdictRecord,
} from '@holdfast/domain';
import { symbolOf } from '@holdfast/exchanges/trading';
import {
  closeOrder,
  type DeniedFacts,
  fillOrder,
  holdOco,
  holdOrder,
  isExit,
  onDecision,
  onDenied,
  onEquity,
  onFill,
  onOwner,
  onTick,
  onTransfer,
  onVaultEntry,
  type RuleFinding,
  recountFills,
} from '@holdfast/policy';
import { applyAudit } from './audit/audit-state.ts';
import { restrict } from './conditions.ts';
import { applyOwnerRecord, dropPending } from './owners/apply.ts';
import type { JournalRecord } from './records.ts';
import {
  type AccountState,
  accountOf,
  exchangeKey,
  type KnownOrder,
  orderKey,
  type SignerState,
  tradesOf,
  twinOf,
} from './state.ts';

const verdictsKept = 1000;
/** Whose fills are that of no sub-key known any more. */
const recoveredKey = 'recovered' as SubKeyId;
const one = 10n ** 18n;

export function applyRecord(state: SignerState, record: JournalRecord): void {
  if (record.time > state.time) state.time = record.time;
  switch (record.kind) {
    case 'opened':
      state.epoch = record.epoch;
      for (const account of state.accounts.values()) wake(state, account);
      return;
    case 'owner-act':
    case 'enrolled':
    case 'activated':
    case 'vetoed':
    case 'narrowed':
    case 'key-checked':
      applyOwnerRecord(state, record);
      return;
    case 'baseline': {
      const account = accountOf(state, record.account);
      account.balances = new Map(Object.entries(record.balances) as [Asset, Amount][]);
      for (const id of record.orders) account.baselineOrders.add(id);
      wake(state, account);
      return;
    }
    case 'trades-known': {
      const to = BigInt(record.tradeId);
      const known = tradesOf(accountOf(state, record.account), record.pair);
      known.to = to;
      known.later = new Set([...known.later].filter((id) => BigInt(id) > to));
      return;
    }
    case 'granted': {
      const { subKey, bot, account, pairs, maxOrderQuote, turnover24h, rights } = record;
      const known = state.grants.get(subKey);
      const { frozen, door, epoch } = known ?? { frozen: '', door: null, epoch: state.subKeyEpoch };
      const kept = { alive: true, frozen, door, epoch };
      state.grants.set(subKey, { subKey, bot, account, pairs, maxOrderQuote, turnover24h, rights, ...kept });
      return;
    }
    case 'revoked': {
      const grant = state.grants.get(record.subKey);
      if (grant !== undefined) grant.alive = false;
      return;
    }
    case 'bound': {
      const grant = state.grants.get(record.subKey);
      if (grant !== undefined) grant.door = record.door;
      return;
    }
    case 'decided':
      applyDecision(state, record);
      return;
    case 'settled':
      applyEvent(state, record);
      return;
    case 'recounted':
      applyRecount(state, record);
      return;
    case 'denied':
      applyDenied(state, record);
      return;
    case 'withdrawn': {
      const order = state.orders.get(orderKey(record.subKey, record.clientOrderId));
      if (order !== undefined) wantGone(state, order);
      return;
    }
    case 'equity': {
      const account = accountOf(state, record.account);
      account.equityAt = state.time;
      if (account.mandate !== null) find(state, onEquity(account.rules, account.mandate, record.equity, state.time));
      return;
    }
    case 'rule-warned':
      return;
    case 'recovered':
      applyRecovered(state, record);
      return;
    case 'frozen':
      restrict(state, record);
      if (record.subKey === null && record.pair === null) dropPending(state, record.account);
      return;
    case 'killed':
      applyKill(state, record);
      return;
    case 'checkpoint':
    case 'anchored':
    case 'rollback':
    case 'rollback-settled':
    case 'noticed':
      applyAudit(state.audit, record);
      return;
  }
}

function applyKill(state: SignerState, record: Extract<JournalRecord, { kind: 'killed' }>): void {
  const { reason, by } = record;
  restrict(state, { account: null, subKey: null, pair: null, condition: 'revoked', reason, by, automatic: false });
  state.subKeyEpoch = record.subKeyEpoch;
  for (const grant of state.grants.values()) if (grant.epoch < record.subKeyEpoch) grant.alive = false;
}

function applyDecision(state: SignerState, record: Extract<JournalRecord, { kind: 'decided' }>): void {
  const { account, subKey, intent, verdict } = record;
  state.verdicts.push({ at: record.time as VerdictRecord['at'], subKey, account, intent, verdict });
  if (state.verdicts.length > 2 * verdictsKept) state.verdicts.splice(0, verdictsKept);
  const key = orderKey(subKey, intent.clientOrderId);
  if (intent.kind === 'cancel-order') {
    const order = state.orders.get(key);
    if (order !== undefined && verdict.kind === 'approved') wantGone(state, order);
    if (verdict.kind === 'refused') applyDenied(state, { account, subKey, code: verdict.code, forbiddenCall: false });
    return;
  }
  feedRules(state, record, intent);
  if (verdict.kind === 'refused') {
    if (!temporaryRefusals.has(verdict.code)) useUp(state, subKey, intent, verdict);
    return;
  }
  useUp(state, subKey, intent, verdict);
  const { book } = accountOf(state, account);
  const { hold, upstreamId, legIds, reference } = record;
  if (intent.kind === 'place-order') {
    know(state, record, intent, upstreamId ?? '', null);
    if (hold !== null) holdOrder(book, key, subKey, intent, hold, reference ?? 0n, state.time);
    return;
  }
  const { limit, stop } = legsOf(intent);
  const keys = { limit: orderKey(subKey, limit.clientOrderId), stop: orderKey(subKey, stop.clientOrderId) };
  const list = upstreamId ?? '';
  know(state, record, limit, legIds?.limit ?? '', { upstreamId: list, twin: keys.stop });
  know(state, record, stop, legIds?.stop ?? '', { upstreamId: list, twin: keys.limit });
  if (hold !== null) holdOco(book, keys, subKey, intent, hold, reference ?? 0n, state.time);
}

/** S5: every id that the intent names. */
function useUp(state: SignerState, subKey: SubKeyId, intent: PlacingIntent, verdict: Verdict): void {
  for (const id of idsOf(intent)) state.decisions.set(orderKey(subKey, id), { intent, verdict });
}

/** From here on the order may exist at the exchange. */
function know(
  state: SignerState,
  { account, subKey, hold, os }: Extract<JournalRecord, { kind: 'decided' }>,
  intent: PlaceOrder,
  upstreamId: string,
  oco: KnownOrder['oco'],
): void {
  const key = orderKey(subKey, intent.clientOrderId);
  const order: KnownOrder = {
    key,
    account,
    subKey,
    intent,
    upstreamId,
    decidedOs: os,
    phase: 'sent',
    exchangeOrderId: null,
    isEntry: intent.side === 'buy' || (intent.order !== 'stop-limit' && (hold?.exit ?? 0n) < intent.quantity),
    filled: 0n,
    cancelWanted: false,
    oco,
  };
  state.orders.set(key, order);
  state.byUpstreamId.set(upstreamId, order);
  accountOf(state, account).unclosed.set(key, order);
}

/** A cancel of one leg is a cancel of both. */
function wantGone(state: SignerState, order: KnownOrder): void {
  for (const it of [order, twinOf(state, order)]) if (it !== undefined && it.phase !== 'closed') it.cancelWanted = true;
}

const find = (state: SignerState, findings: readonly RuleFinding[]): void => void state.findings.push(...findings);

/** Before the order is held: the rules see the position as the judge saw it. */
function feedRules(state: SignerState, record: Extract<JournalRecord, { kind: 'decided' }>, order: PlacingIntent): void {
  const { subKey, verdict } = record;
  const { rules, mandate, book } = accountOf(state, record.account);
  if (mandate === null) return;
  const { clientOrderId, pair, side } = order;
  const exits = isExit(book, subKey, order);
  const code = verdict.kind === 'refused' ? verdict.code : null;
  find(state, onDecision(rules, mandate, { subKey, clientOrderId, pair, isExit: exits, code }, state.time));
  if (code !== null) applyDenied(state, { account: record.account, subKey, code, forbiddenCall: false });
  else if (!exits) {
    const quote = multiply(order.quantity, dearestLimit(order), 'up');
    onVaultEntry(state.vaultRules, { account: record.account, owner: mandate.owner, pair, side, quote }, state.time);
  }
}

/** Highest price at which an entry may trade. */
const dearestLimit = (intent: PlacingIntent): Amount =>
  intent.kind === 'place-order' ? intent.limit : legsOf(intent).stop.limit;

/** An account that was connected before the exchange said its time lives from the first time that is known. */
function wake(state: SignerState, { rules }: AccountState): void {
  if (rules.aliveAt === 0) onOwner(rules, state.time);
}

function applyDenied(state: SignerState, denied: DeniedFacts & { readonly account: AccountId }): void {
  const { rules, mandate } = accountOf(state, denied.account);
  if (mandate !== null) find(state, onDenied(rules, mandate, denied, state.time));
}

function applyEvent(state: SignerState, record: Extract<JournalRecord, { kind: 'settled' }>): void {
  const { event, foreign, reference } = record;
  state.eventSeq = event.seq;
  const account = accountOf(state, event.account);
  switch (event.kind) {
    case 'order': {
      const order = state.orders.get(orderKey(event.subKey, event.event.clientOrderId));
      if (order !== undefined) applyOrderEvent(state, account, order, event.event, reference);
      return;
    }
    case 'balance':
      changeBalance(account, event.asset, event.change);
      if (event.asset === account.mandate?.quote) onTransfer(account.rules, event.change);
      else if (reference !== null) onTransfer(account.rules, (event.change * reference) / one);
      return;
    case 'foreign':
      if (foreign !== null) account.foreignSeen.add(foreign);
      return;
  }
}

function applyOrderEvent(
  state: SignerState,
  account: AccountState,
  order: KnownOrder,
  event: OrderEvent,
  reference: Amount | null,
): void {
  switch (event.kind) {
    case 'order-accepted':
      order.phase = 'open';
      order.exchangeOrderId = event.exchangeOrderId;
      state.byExchangeId.set(exchangeKey(symbolOf(order.intent.pair), event.exchangeOrderId), order);
      return;
    case 'order-unknown':
      order.phase = 'unknown';
      return;
    case 'cancel-rejected':
      for (const it of [order, twinOf(state, order)]) if (it !== undefined) it.cancelWanted = false;
      return;
    case 'order-filled':
      applyFill(state, account, order, event, reference);
      return;
    case 'order-rejected':
    case 'order-cancelled':
      close(account, order);
      return;
  }
}

function applyFill(
  state: SignerState,
  account: AccountState,
  order: KnownOrder,
  fill: OrderFill,
  reference: Amount | null,
): void {
  const { pair, side } = order.intent;
  const { subKey } = order;
  tradesOf(account, pair).later.add(fill.tradeId);
  order.filled += fill.quantity;
  const effect = fillOrder(account.book, order.key, subKey, order.intent, fill, state.time, reference ?? undefined);
  const { mandate, rules, book } = account;
  if (mandate !== null) find(state, onFill(rules, mandate, book, { subKey, pair, side, effect }, state.time));
  const sign = side === 'buy' ? 1n : -1n;
  changeBalance(account, baseOf(pair), sign * fill.quantity);
  changeBalance(account, quoteOf(pair), -sign * multiply(fill.quantity, fill.price, 'down'));
  changeBalance(account, fill.feeAsset, -fill.fee);
  if (order.filled >= order.intent.quantity) close(account, order);
}

function applyRecount(state: SignerState, { account, pair, reference }: Extract<JournalRecord, { kind: 'recounted' }>): void {
  const { book, mandate, rules } = accountOf(state, account);
  const more = recountFills(book, pair, reference, state.time);
  if (more > 0n && mandate !== null) find(state, onTick(rules, mandate, book, state.time));
}

/** Counts in full, now: the windows of the journal did not have it. */
function applyRecovered(state: SignerState, fill: Extract<JournalRecord, { kind: 'recovered' }>): void {
  const { pair, side, tradeId, price, quantity, fee, feeAsset } = fill;
  const account = accountOf(state, fill.account);
  tradesOf(account, pair).later.add(tradeId);
  fillOrder(account.book, `recovered/${tradeId}`, recoveredKey, { pair, side }, { price, quantity, fee, feeAsset }, state.time);
  const sign = side === 'buy' ? 1n : -1n;
  changeBalance(account, baseOf(pair), sign * quantity);
  changeBalance(account, quoteOf(pair), -sign * multiply(quantity, price, 'down'));
  changeBalance(account, feeAsset, -fee);
}

function close(account: AccountState, order: KnownOrder): void {
  order.phase = 'closed';
  order.cancelWanted = false;
  account.unclosed.delete(order.key);
  closeOrder(account.book, order.key);
}

function changeBalance(account: AccountState, of: Asset, change: bigint): void {
  if (account.balances === null || change === 0n) return;
  const total = (account.balances.get(of) ?? 0n) + change;
  if (total === 0n) account.balances.delete(of);
  else account.balances.set(of, total);
}
