/** A mandate as its owner reads it before signing: plain sentences, each limit with its number. */
import { type AllowedKind, baseOf, formatAmount, type Mandate, type MandatePair, quoteOf } from '@holdfast/domain';
import { lossText, percent, worstLoss } from './loss.ts';

export function mandateWords(mandate: Mandate): readonly string[] {
  const { quote } = mandate;
  const money = (value: bigint): string => `${formatAmount(value)} ${quote}`;
  const loss = worstLoss(mandate);
  return [
    `Bots may trade on account ${mandate.account} from ${day(mandate.nbf)} until ${day(mandate.exp)}. Nothing can be withdrawn or transferred.`,
    ...mandate.pairs.map(pairWords),
    ...mandate.groups.map(
      (it) =>
        `Group ${it.name} (${mandate.pairs
          .filter((rules) => rules.group === it.name)
          .map((rules) => rules.pair)
          .join(', ')}): in 24 hours at most ${money(it.turnover24h)} traded and ${money(it.burn24h)} given away.`,
    ),
    `All together: in 24 hours at most ${money(mandate.turnover24h)} traded, buying and selling again both counted.`,
    `Given away against the reference price, fees included: at most ${money(mandate.burn24h)} in 24 hours and ${money(mandate.burn7d)} in 7 days; by protective stops at most ${money(mandate.stopBudget24h)} more in 24 hours.`,
    `At most ${mandate.openOrders} orders open, entries of them worth ${money(mandate.maxOpenQuote)}; ${mandate.ordersPerMinute} new orders a minute, ${mandate.orders24h} in 24 hours.`,
    mandate.mayCancelStops ? 'A bot may be given the right to cancel protective stops.' : 'No bot may cancel protective stops.',
    mandate.foreign === 'freeze'
      ? 'Orders that do not come from this vault freeze the account.'
      : 'Orders that do not come from this vault raise an alarm.',
    mandate.drawdown24h === 0n
      ? 'The value of the account itself is not watched.'
      : `The account is frozen when it loses ${money(mandate.drawdown24h)} within 24 hours.`,
    ...ruleWords(mandate),
    `If everything but the vault is taken over, a thief can take at most ${lossText(loss.theft24h)} ${quote} in 24 hours: ${loss.formula}.`,
    `If he also forges every reference price: at most ${lossText(loss.forged24h)} ${quote} (${loss.forgedFormula}).`,
    `If the market jumps up through orders that sell positions, they bring up to ${lossText(loss.exitJump24h)} ${quote} less than a moment later, and a thief may wait for that; it is not counted above, because the account is worth no less than before.`,
    `Not stolen, but at risk: ${lossText(loss.market24h)} ${quote}, if all positions that are allowed are held and fall as far as assumed.`,
  ];
}

function pairWords(rules: MandatePair): string {
  const { pair } = rules;
  const quote = quoteOf(pair);
  const base = baseOf(pair);
  const may =
    rules.sides.length === 0
      ? 'not be traded'
      : `be ${rules.sides.map((it) => (it === 'buy' ? 'bought' : 'sold')).join(' and ')}`;
  const held =
    rules.maxSellHeldBase24h === 0n
      ? 'only what this vault bought may be sold'
      : `of coins from before, ${formatAmount(rules.maxSellHeldBase24h)} ${base} may be sold in 24 hours`;
  return (
    `${pair} may ${may} by ${rules.orders.map(kindWord).join(', ')} orders of at most ${formatAmount(rules.maxOrderQuote)} ${quote} ` +
    `and ${formatAmount(rules.maxOrderBase)} ${base} each, at prices from ${formatAmount(rules.floor)} to ${formatAmount(rules.ceiling)} ` +
    `and at most ${percent(rules.bandBps)} % worse than the reference price of ${rules.minSources} other exchanges; ` +
    `at most ${formatAmount(rules.maxPositionQuote)} ${quote} may be put into it, and ${held}. ` +
    `A protective stop sells at most ${percent(rules.stopGapBps)} % below its trigger. A fall of ${percent(rules.stressBps)} % is assumed.`
  );
}

function kindWord(kind: AllowedKind): string {
  return kind === 'ioc' ? 'immediate' : kind;
}

function ruleWords({ rules }: Mandate): readonly string[] {
  const off = Object.entries(rules).flatMap(([name, value]) => (Number(value) === 0 ? [name] : []));
  if (off.length === 0) return [];
  return [`Switched off of the rules that watch for robbery: ${off.join(', ')}.`];
}

/** Unix ms as a date and a minute in UTC. Written out by hand: this package has no clock and no locale. */
function day(ms: number): string {
  const [date = '', time = ''] = new Date(ms).toISOString().split('T');
  return `${date} ${time.slice(0, 5)} UTC`;
}
