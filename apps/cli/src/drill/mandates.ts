/** What a victim signed: the usual mandate for an account of 20,000 USDT that trades two liquid pairs. */
import {
  type AccountId,
  amount,
  asset,
  draftMandate,
  draftMandatePair,
  type Mandate,
  type MandatePair,
  type MandateRules,
  noRules,
  type OwnerId,
} from '@holdfast/domain';
import { btc, eth } from './markets.ts';

export interface MandateTerms {
  readonly account: AccountId;
  readonly owner: OwnerId;
  readonly uid: string;
  readonly now: number;
  readonly rules: MandateRules;
}

const day = 86_400_000;

/** The corridor ends a quarter above and below the price of the day it was signed. */
const pairs: readonly MandatePair[] = [
  draftMandatePair({
    pair: btc,
    maxOrderQuote: amount('1000'),
    maxOrderBase: amount('0.1'),
    maxPositionQuote: amount('4000'),
    floor: amount('12000'),
    ceiling: amount('20000'),
    maxSellHeldBase24h: amount('0.1'),
  }),
  draftMandatePair({
    pair: eth,
    maxOrderQuote: amount('1000'),
    maxOrderBase: amount('1.5'),
    maxPositionQuote: amount('4000'),
    floor: amount('900'),
    ceiling: amount('1500'),
    maxSellHeldBase24h: amount('1'),
  }),
];

/** T 10,000, B 40, S 20, O 4,000 at a gap of 1 %: the worst loss of a day is 100 USDT, 0.5 % of the account. */
export const victimMandate = ({ account, owner, uid, now, rules }: MandateTerms): Mandate =>
  draftMandate({
    account,
    owner,
    uid,
    nbf: now - day,
    exp: now + 88 * day,
    quote: asset('USDT'),
    pairs,
    turnover24h: amount('10000'),
    burn24h: amount('40'),
    burn7d: amount('100'),
    stopBudget24h: amount('20'),
    maxOpenQuote: amount('4000'),
    gapBps: 100,
    ordersPerMinute: 20,
    orders24h: 1000,
    openOrders: 20,
    foreign: 'freeze',
    mayCancelStops: false,
    // A tenth of the account, as the portal proposes.
    drawdown24h: amount(rules === noRules ? '0' : '2000'),
    rules,
  });
