/** The words of the matcher: counts of ticks and lots. */
import type { ClientOrderId, OrderKind, Side } from '@holdfast/domain';
import type { HouseRules } from '@holdfast/exchanges/simulated/rules';

export interface MatchRules {
  /** `queue`: as `touch`, once what stood ahead at its price has traded; passing its price fills it at once. */
  readonly fill: 'touch' | 'through' | 'queue';
  /** Lots that stand ahead of an order when it comes to rest; of `queue` alone. */
  readonly aheadLots: number;
  /** What a resting order gets when a candle opens beyond it: its own price, or the open. */
  readonly gaps: 'own' | 'open';
  /** Where a stop takes: at the point of the path that set it off, or at its trigger, after a gap at the open. */
  readonly stops: 'path' | 'trigger';
  readonly spreadTicks: number;
  /** Of a tick's volume, in 1/10,000; null: as much as there is to fill. */
  readonly volumeShareBps: number | null;
  readonly slippageTicks: number;
  /** Sizes of the house's quotes as on the simulated exchange; null: as much as is asked for at the best price. */
  readonly house: HouseRules | null;
  /** How many orders, stops that wait and OCOs may be there at once. */
  readonly maxOrders: number;
  readonly maxAlgoOrders: number;
  readonly maxOrderLists: number;
}

export type MatchKind = OrderKind;

/** An order on its way: counts of ticks and lots. */
export interface Ask {
  readonly id: ClientOrderId;
  readonly side: Side;
  readonly kind: MatchKind;
  readonly price: number;
  /** 0 without one. */
  readonly trigger: number;
  readonly lots: number;
}

export interface BookOrder extends Ask {
  executed: number;
  rank: number;
  /** Lots of others that trade at its price before it does. */
  ahead: number;
  /** A stop that waits for its trigger. */
  waits: boolean;
  /** The other leg of an OCO: when one trades, is set off or ends, the other ends. */
  twin: BookOrder | undefined;
  /** The OCO that it is or was a leg of, by number; 0 for none. */
  readonly list: number;
}

/** What happened, in order. */
export type MatchEvent =
  | { readonly kind: 'accepted'; readonly order: BookOrder }
  | { readonly kind: 'rejected'; readonly ask: Ask; readonly code: string; readonly reason: string }
  | {
      readonly kind: 'filled';
      readonly order: BookOrder;
      readonly price: number;
      readonly lots: number;
      readonly maker: boolean;
      readonly trade: number;
    }
  | { readonly kind: 'ended'; readonly order: BookOrder; readonly cause: 'cancel' | 'expired' }
  | { readonly kind: 'cancel-rejected'; readonly id: ClientOrderId };

export interface Best {
  readonly bid: number;
  readonly bidLots: number;
  readonly ask: number;
  readonly askLots: number;
}
