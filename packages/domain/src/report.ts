/** What a bot says about itself to people: computed from its state, the same for every kind of bot. */
import type { Amount } from './money.ts';
import type { ClientOrderId, EpochMs } from './order.ts';
import type { Asset, Pair } from './pair.ts';

/** One step of an open deal's ladder. Price in quote per base, amounts in base. */
export interface LadderLevel {
  /** A step of the way out; without it an averaging order. */
  readonly kind?: 'target';
  /** 1 for the first of its kind. */
  readonly index: number;
  readonly price: Amount;
  readonly quantity: Amount;
  readonly filled: Amount;
  /** `refused`: the vault or the exchange will not have it, and the deal goes on without it. */
  readonly state: 'waiting' | 'resting' | 'filled' | 'refused';
  readonly clientOrderId: ClientOrderId | null;
}

/** A deal that is going on. Amounts of quote include fees taken in quote. */
export interface OpenDeal {
  readonly number: number;
  readonly pair: Pair;
  readonly openedAt: EpochMs;
  readonly phase: 'entering' | 'holding' | 'closing';
  /** There where the deal sold coins to buy them back: `held` is then what it sold and has not bought back, `cost` what that brought. */
  readonly direction?: 'short';
  /** Base that the deal holds now, dust carried into it included. */
  readonly held: Amount;
  /** What `held` cost, in quote, fees included (a fee in a third asset at the fee rate of the settings). */
  readonly cost: Amount;
  /** `cost` / `held`, rounded up; null while nothing is held. */
  readonly averagePrice: Amount | null;
  /** Profit that sells of this deal made so far, in quote. */
  readonly realised: Amount;
  readonly takeProfit: {
    readonly price: Amount;
    readonly quantity: Amount;
    readonly clientOrderId: ClientOrderId | null;
  } | null;
  /** Further targets of a take profit in steps, nearest first, that one included; absent with a single target. */
  readonly targets?: readonly {
    readonly price: Amount;
    readonly quantity: Amount;
    readonly clientOrderId: ClientOrderId | null;
  }[];
  /** Where the deal is cut. `notResting`: why no order for it rests at the exchange, so that the engine watches the price. */
  readonly stopLoss?: {
    readonly price: Amount;
    readonly clientOrderId: ClientOrderId | null;
    readonly notResting: string | null;
  } | null;
  /** Highest bid since the last target was reached, while it is trailed. */
  readonly trailedFrom?: Amount | null;
  /** What the owner has noted of it. */
  readonly note?: string;
  readonly ladder: readonly LadderLevel[];
}

/** A deal that ended. `profit` = `proceeds` - `cost`. */
export interface ClosedDeal {
  readonly number: number;
  readonly pair: Pair;
  readonly openedAt: EpochMs;
  readonly closedAt: EpochMs;
  /**
   * `cancelled`: the coins were kept. `no-entry`: nothing was bought. `too-small`: what was held was below the exchange's smallest
   * order and is carried. `round-trip`: one buy and one sale of a grid, in either order. `stop-loss`: what was held was sold at a loss
   * limit. `timed-out`: its time was over. `condition`: its close conditions held. `bought`: it was only to buy. `rebalanced`: what
   * one run of a portfolio traded of a pair.
   */
  readonly ending:
    | 'take-profit'
    | 'stop-loss'
    | 'closed'
    | 'cancelled'
    | 'no-entry'
    | 'too-small'
    | 'round-trip'
    | 'bought'
    | 'timed-out'
    | 'condition'
    | 'rebalanced';
  /** Base bought (after fees in base) and sold. */
  readonly bought: Amount;
  readonly sold: Amount;
  /** Quote paid for all buys, fees included. */
  readonly spent: Amount;
  /** What the base that was sold had cost, in quote; the rest of the cost went with the coins kept or carried. */
  readonly cost: Amount;
  /** Quote received for all sells, net of fees. */
  readonly proceeds: Amount;
  readonly profit: Amount;
  /** Counted in quote; null where only the fills say it. */
  readonly fees: Amount | null;
  readonly averagingOrdersFilled: number;
}

/** Coins of a pair's base and what they cost in its quote. */
export interface Coins {
  readonly quantity: Amount;
  readonly cost: Amount;
}

/** What every report says. */
interface ReportBase {
  /** `deal-open`: something of it may trade. `stopped`: nothing does, and nothing will by itself. */
  readonly state: 'idle' | 'deal-open' | 'stopped';
  /** One sentence: what happens next, or what is waited for. */
  readonly waitingFor: string;
  readonly dealsClosed: number;
  /** Profit of all closed deals and of the sells of the open one, in quote. */
  readonly realised: Amount;
  /** What the bot's sub-book holds, orders included. */
  readonly holdings: readonly { readonly asset: Asset; readonly amount: Amount }[];
}

/** What a bot says that trades one pair. */
export interface PairReport extends ReportBase {
  /** Null also for kinds that have no one deal: what they close is written down when it closes. */
  readonly deal: OpenDeal | null;
  /** Base below one lot that is carried into the next deal, with what it cost in quote. */
  readonly dust: Coins;
  /** Base of cancelled deals: the bot never sells it. */
  readonly kept: Coins;
}

/** What every bot says: open deals and leftovers by pair. */
export interface BotReport extends ReportBase {
  /** Open deals, of a pair several where the kind has them; empty also for kinds whose deals are written down when they close. */
  readonly deals: readonly OpenDeal[];
  /** As in `PairReport`; pairs without any are left out. */
  readonly dust: readonly (Coins & { readonly pair: Pair })[];
  readonly kept: readonly (Coins & { readonly pair: Pair })[];
}
