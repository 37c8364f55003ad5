/** The figures of a report in the order in which they are read, as words; terminal and page show the same. */
import { dayMs } from '../metrics/returns.ts';
import type { BacktestDocument } from './document.ts';
import { count, lengthText, money, percent, placesOf, plain, ratioText, signedPercent, timeText } from './words.ts';

export interface Figure {
  readonly name: string;
  readonly value: string;
  /** How it is made, one sentence; shown with it on the page. */
  readonly about: string;
  /** Whether it speaks for or against the run, where that is plain. */
  readonly tone?: 'good' | 'bad';
}

export interface FigureGroup {
  readonly title: string;
  readonly figures: readonly Figure[];
}

const toneOf = (value: number | null): Pick<Figure, 'tone'> =>
  value === null || value === 0 ? {} : { tone: value > 0 ? 'good' : 'bad' };

export function figureGroups(document: BacktestDocument): readonly FigureGroup[] {
  const { metrics, drawdown } = document;
  const { quote, deals } = metrics;
  const places = placesOf(quote);
  const amount = (text: string | null): string => (text === null ? '–' : `${money(text, places)} ${quote}`);
  const days = (document.to - document.from) / dayMs;
  return [
    {
      title: 'Result',
      figures: [
        {
          name: 'Profit',
          value: `${amount(metrics.profit)} (${signedPercent(metrics.totalReturn)})`,
          about: 'Equity at the end less equity at the start; what is still held counts at the last bid.',
          ...toneOf(metrics.totalReturn),
        },
        {
          name: 'Equity',
          value: `${amount(metrics.startEquity)} to ${amount(metrics.endEquity)}`,
          about: 'Quote and what the base is worth.',
        },
        { name: 'A year', value: signedPercent(metrics.annualReturn), about: '(end / start) ^ (365 days / time) - 1.' },
        {
          name: 'Buy and hold',
          value: `${signedPercent(metrics.buyAndHold)}, fell ${percent(document.buyAndHoldDrawdown)}`,
          about: `All of it into ${document.pairs[0]} at the first price, less the taker fee, held to the end.`,
        },
        {
          name: 'Closed deals',
          value: amount(deals.realised),
          about: 'Sum of the profits of all closed deals, exact.',
          ...toneOf(Number(deals.realised)),
        },
        {
          name: 'Fees',
          value: `${amount(metrics.fees)} (${percent(metrics.feesShare)} of the gains)`,
          about: 'Fees / (profit of closed deals + fees).',
        },
      ],
    },
    {
      title: 'Risk',
      figures: [
        {
          name: 'Largest fall',
          value: `${percent(drawdown.most)} (${plain(drawdown.quote, places)} ${quote})`,
          about: `From the highest equity so far, over all candle closes: ${timeText(drawdown.from)} to ${timeText(drawdown.to)} UTC.`,
        },
        {
          name: 'Sharpe',
          value: ratioText(metrics.sharpe),
          about: 'Mean of daily returns over their deviation, × √365; no risk-free rate (Sharpe 1994).',
        },
        {
          name: 'Sortino',
          value: ratioText(metrics.sortino),
          about: 'Mean of daily returns over the root mean square of the losing ones, × √365 (Sortino and Price 1994).',
        },
        { name: 'Calmar', value: ratioText(metrics.calmar), about: 'Return a year over the largest fall (Young 1991).' },
        {
          name: 'Probability of skill',
          value: percent(metrics.probabilisticSharpe, 1),
          about:
            'That the true Sharpe ratio is above 0, given length, skewness and fat tails of the sample (Bailey and López de Prado 2012).',
        },
        ...(metrics.trials === null
          ? []
          : [
              {
                name: `After ${count(metrics.trials, 'trial')}`,
                value: percent(metrics.deflatedSharpe, 1),
                about:
                  'The same against the best that so many worthless trials would have shown (deflated Sharpe ratio, Bailey and López de Prado 2014).',
              },
            ]),
      ],
    },
    ...marginGroup(document, amount),
    {
      title: 'Deals',
      figures: [
        {
          name: 'Closed',
          value: `${plain(deals.count)}, ${plain(deals.won)} won and ${plain(deals.lost)} lost (${percent(deals.winRate, 1)})`,
          about: 'Deals that sold something; won: profit above 0 after fees.',
        },
        {
          name: 'Profit factor',
          value: deals.profitFactor === null ? (deals.count > 0 ? 'no loss' : '–') : ratioText(deals.profitFactor),
          about: 'Sum of the profits of won deals over that of lost ones.',
        },
        { name: 'Expectancy', value: amount(deals.expectancy), about: 'Mean profit of a deal.' },
        {
          name: 'Average won, lost',
          value: `${amount(deals.averageWin)}, ${amount(deals.averageLoss)}`,
          about: 'Means of won and of lost deals.',
        },
        { name: 'Best, worst', value: `${amount(deals.best)}, ${amount(deals.worst)}`, about: 'Single deals.' },
        {
          name: 'Length',
          value: `${lengthText(deals.averageMs)} on average, ${lengthText(deals.medianMs)} median, ${lengthText(deals.longestMs)} most`,
          about: 'From opening to closing.',
        },
        { name: 'In a row', value: `${plain(deals.wonInARow)} won, ${plain(deals.lostInARow)} lost`, about: 'Longest series.' },
      ],
    },
    {
      title: 'Use of the money',
      figures: [
        {
          name: 'Time in market',
          value: percent(metrics.timeInMarket, 1),
          about: 'Share of the time in which base was held, or a position.',
        },
        {
          name: 'Exposure',
          value: `${percent(metrics.exposure, 1)} on average, ${percent(metrics.exposureMost, 1)} most`,
          about: 'Base held at the price of its last fill, over the equity at the start, weighed by time.',
        },
        {
          name: 'Turnover',
          value: `${amount(metrics.turnover)} in ${count(document.fillCount, 'fill')}`,
          about: 'Price × quantity of all fills.',
        },
        {
          name: 'Orders',
          value: `${plain(document.ordersPlaced)} placed${refusedText(document.refused)}`,
          about: 'Orders placed, and what was refused by which code.',
        },
        {
          name: 'Deals a day',
          value: ratioText(days > 0 ? deals.count / days : null),
          about: 'Closed deals over the days of the run.',
        },
      ],
    },
  ];
}

function marginGroup({ margin }: BacktestDocument, amount: (text: string) => string): readonly FigureGroup[] {
  if (margin === undefined) return [];
  const { collateral, funding, liquidation } = margin;
  const { paid, received, times, assumed } = funding;
  const figures: readonly Figure[] = [
    { name: 'Collateral', value: amount(collateral), about: 'What the margin account begins with.' },
    {
      name: 'Funding',
      value: `${amount(paid)} paid, ${amount(received)} received`,
      about: `${count(times, 'payment')} on positions held, ${plain(assumed)} of them at the assumed rate.`,
    },
    liquidation === null
      ? { name: 'Liquidated', value: 'never', about: 'Equity stayed above the maintenance margin at every price.' }
      : {
          name: 'Liquidated',
          value: `${timeText(liquidation.at)} UTC at ${liquidation.price}, ${amount(liquidation.left)} left`,
          about: `Positions were worth ${amount(liquidation.value)}, equity ${amount(liquidation.equity)}, the clearance fee took ${amount(liquidation.fee)}.`,
          tone: 'bad',
        },
  ];
  return [{ title: 'Margin', figures }];
}

function refusedText(refused: Readonly<Record<string, number>>): string {
  const codes = Object.entries(refused);
  return codes.length === 0 ? ', none refused' : `, refused: ${codes.map(([code, times]) => `${code} × ${times}`).join(', ')}`;
}
