/** The drawings of a report. */
import type { Bars } from './candles.ts';
import type { BacktestDocument } from './document.ts';
import {
  across,
  anchorOf,
  at,
  cut,
  drawing,
  escaped,
  extent,
  frame,
  polyline,
  type Scale,
  timeAxis,
  upward,
  valueAxis,
} from './svg.ts';
import { count, money, percent, placesOf, plain, timeText } from './words.ts';

type Point = readonly [time: number, value: number];

/** Equity of each day with its start. */
export function equityCurve({ metrics, from, daily }: BacktestDocument): readonly Point[] {
  return [[from, Number(metrics.startEquity)], ...daily];
}

/** What holding would have been worth at each bar's close. */
function holdingCurve({ metrics, bars, assumptions, firstPrice }: BacktestDocument): readonly Point[] {
  const base = (Number(metrics.startEquity) * (1 - Number(assumptions.takerFee))) / Number(firstPrice);
  return bars.bars.map(([time, , , , close]) => [time + bars.barMs, base * close]);
}

export function equityChart(document: BacktestDocument): string {
  const curve = equityCurve(document);
  const holding = holdingCurve(document).map(([time, value]): Point => [Math.min(time, document.to), value]);
  const box = frame(300);
  const { quote, startEquity } = document.metrics;
  const x = across(box, document.from, document.to);
  const both = [...curve, ...holding].map(([, value]) => value);
  const y = upward(box, ...extent(both));
  const place = (points: readonly Point[]) => polyline(points.map(([time, value]) => [x(time), y(value)] as const));
  const places = y.to - y.from > 50 ? 0 : placesOf(quote);
  const start = at(y(Number(startEquity)));
  const area = `${place(curve)}L${at(x(curve.at(-1)![0]))} ${box.height - box.bottom}H${at(x(curve[0]![0]))}Z`;
  const dots = curve.length > 500 ? '' : curve.map((point) => dot(point, x, y, quote, places)).join('');
  return drawing(
    box,
    `Equity from ${plain(curve[0]![1], places)} to ${plain(curve.at(-1)![1], places)} ${quote}`,
    valueAxis(box, y, (value) => plain(value, places)),
    timeAxis(box, x),
    `<path class="area" d="${area}"/>`,
    `<path class="start" d="M${box.left} ${start}H${box.width - box.right}"/>`,
    `<path class="holding" d="${place(holding)}"/>`,
    `<path class="curve" d="${place(curve)}"/>`,
    dots,
  );
}

const dot = ([time, value]: Point, x: Scale, y: Scale, quote: string, places: number): string =>
  `<circle class="touch" cx="${at(x(time))}" cy="${at(y(value))}" r="6"><title>${timeText(time)}: ${plain(value, places)} ${quote}</title></circle>`;

export function drawdownChart(document: BacktestDocument): string {
  let peak = 0;
  const curve = equityCurve(document).map(([time, value]): Point => {
    peak = Math.max(peak, value);
    return [time, peak > 0 ? Math.min(0, value / peak - 1) : 0];
  });
  const box = frame(150);
  const x = across(box, document.from, document.to);
  const y = upward(box, Math.min(-0.001, -document.drawdown.most, ...curve.map(([, value]) => value)) * 1.05, 0);
  const line = polyline(curve.map(([time, value]) => [x(time), y(value)] as const));
  const most = `<path class="deepest" d="M${at(x(document.drawdown.to))} ${box.top}V${box.height - box.bottom}"><title>deepest: ${percent(-document.drawdown.most)} at ${timeText(document.drawdown.to)}</title></path>`;
  return drawing(
    box,
    `Largest fall ${percent(document.drawdown.most)}`,
    valueAxis(box, y, (value) => percent(value, 1)),
    timeAxis(box, x),
    `<path class="fall" d="${line}L${at(x(curve.at(-1)![0]))} ${box.top}H${at(x(curve[0]![0]))}Z"/>`,
    document.drawdown.most > 0 ? most : '',
  );
}

/** Bodies and wicks as four paths, so that a thousand candles are four elements. */
function candles({ bars, barMs }: Bars, x: Scale, y: Scale): string {
  const body = Math.max(0.8, (x(barMs) - x(0)) * 0.7);
  const paths = { up: '', down: '', upWick: '', downWick: '' };
  for (const [time, open, high, low, close] of bars) {
    const isUp = close >= open;
    const [middle, top, height] = [
      x(time + barMs / 2),
      y(Math.max(open, close)),
      Math.max(0.6, y(Math.min(open, close)) - y(Math.max(open, close))),
    ];
    paths[isUp ? 'upWick' : 'downWick'] += `M${at(middle)} ${at(y(high))}V${at(y(low))}`;
    paths[isUp ? 'up' : 'down'] += `M${at(middle - body / 2)} ${at(top)}h${at(body)}v${at(height)}h${at(-body)}z`;
  }
  return `<path class="wick up" d="${paths.upWick}"/><path class="wick down" d="${paths.downWick}"/><path class="body up" d="${paths.up}"/><path class="body down" d="${paths.down}"/>`;
}

interface DealLine {
  readonly number: number;
  readonly openedAt: number;
  readonly closedAt: number;
  /** Average prices, quote per base. */
  readonly entry: number;
  readonly exit: number;
  readonly profit: string;
  readonly ending: string;
}

const dealLines = ({ deals }: BacktestDocument, pair: string, from: number, to: number): readonly DealLine[] =>
  deals
    .filter((deal) => deal.pair === pair && Number(deal.sold) > 0 && deal.closedAt >= from && deal.openedAt <= to)
    .map((deal) => ({
      ...deal,
      entry: Number(deal.cost) / Number(deal.sold),
      exit: Number(deal.proceeds) / Number(deal.sold),
    }));

const triangle = (x: number, y: number, up: boolean): string =>
  up ? `M${at(x)} ${at(y + 3)}l4 7h-8z` : `M${at(x)} ${at(y - 3)}l4 -7h-8z`;

/** Fills above this many are drawn as short strokes, not as marks. */
const marksMost = 400;

export function candleChart(document: BacktestDocument, picture: Bars, height: number): string {
  const { bars, barMs, pair } = picture;
  if (bars.length === 0) return '<p class="soft">No candle.</p>';
  const [from, to] = [bars[0]![0], bars.at(-1)![0] + barMs];
  const fills = document.fills.filter((fill) => fill.pair === pair && fill.at >= from && fill.at <= to);
  const box = frame(height);
  const x = across(box, from, to);
  const prices = [...bars.flatMap(([, , high, low]) => [high, low]), ...fills.map(({ price }) => Number(price))];
  const y = upward(box, ...extent(prices, 0.08));
  const digits = Math.max(0, Math.min(10, 3 - Math.floor(Math.log10(y.to - y.from || 1))));
  const quote = document.metrics.quote;
  const lines = dealLines(document, pair, from, to)
    .map((deal) => {
      const text = `deal ${deal.number}, ${deal.ending}: ${money(deal.profit, placesOf(quote))} ${quote}, ${timeText(deal.openedAt)} to ${timeText(deal.closedAt)}`;
      const ends = `M${at(x(deal.openedAt))} ${at(y(deal.entry))}L${at(x(deal.closedAt))} ${at(y(deal.exit))}`;
      return `<path class="deal ${deal.profit.startsWith('-') ? 'lost' : 'won'}" d="${ends}"><title>${escaped(text)}</title></path>`;
    })
    .join('');
  const mark = (side: string): string =>
    fills
      .filter((fill) => fill.side === side)
      .map(({ at: time, price }) =>
        fills.length > marksMost
          ? `M${at(x(time))} ${at(y(Number(price)))}h1.5`
          : triangle(x(time), y(Number(price)), side === 'buy'),
      )
      .join('');
  const kind = fills.length > marksMost ? 'stroke-mark' : 'mark';
  return drawing(
    box,
    `${pair} with ${count(fills.length, 'fill')}`,
    valueAxis(box, y, (value) => plain(value, Math.min(digits, 8))),
    timeAxis(box, x),
    candles(picture, x, y),
    cut(box, lines),
    `<path class="${kind} buy" d="${mark('buy')}"/><path class="${kind} sell" d="${mark('sell')}"/>`,
  );
}

export function distributionChart({ metrics }: BacktestDocument): string {
  const { bins } = metrics.distribution;
  if (bins.length === 0) return '<p class="soft">No deal has closed.</p>';
  const box = frame(220);
  const x = across(box, bins[0]!.from, bins.at(-1)!.to);
  const y = upward(box, 0, Math.max(...bins.map((bin) => bin.count)) * 1.08);
  const digits = Math.max(0, Math.min(8, -Math.floor(Math.log10(bins[0]!.to - bins[0]!.from)) + 1));
  const bars = bins
    .map(({ from, to, count: deals }) => {
      const text = `${plain(from, digits)} to ${plain(to, digits)} ${metrics.quote}: ${count(deals, 'deal')}`;
      return `<path class="bin ${from < 0 ? 'lost' : 'won'}" d="M${at(x(from) + 1)} ${at(y(0))}V${at(y(deals))}H${at(x(to) - 1)}V${at(y(0))}Z"><title>${text}</title></path>`;
    })
    .join('');
  const every = Math.ceil(bins.length / 10);
  const edges = [...bins.map(({ from }) => from), bins.at(-1)!.to]
    .filter((_, index) => index % every === 0)
    .map(
      (value) =>
        `<text x="${at(x(value))}" y="${box.height - 8}" text-anchor="${anchorOf(box, x(value))}">${plain(value, digits)}</text>`,
    )
    .join('');
  return drawing(
    box,
    'Profit of deals',
    valueAxis(box, y, (value) => (Number.isInteger(value) ? plain(value) : '')),
    bars,
    edges,
  );
}
