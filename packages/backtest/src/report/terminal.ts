/** A report for a terminal of 80 columns. Warnings come first. */
import { intervalName } from '../data/series.ts';
import type { Band } from '../monte-carlo/bands.ts';
import type { BacktestDocument } from './document.ts';
import { plot } from './plot.ts';
import { figureGroups } from './summary.ts';
import { count, dayText, money, percent, placesOf, plain, signedPercent, timeText } from './words.ts';

const width = 80;

/** Words in lines of at most `width`, later lines indented. */
export function wrap(text: string, first: string, later: string): string {
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(' ')) {
    const isStart = line === first || line === later;
    if (!isStart && line.length + 1 + word.length > width) {
      lines.push(line);
      line = later;
    }
    line += line === first || line === later ? word : ` ${word}`;
  }
  return [...lines, line].join('\n');
}

export const headline = (document: BacktestDocument): string =>
  `${document.kind.toUpperCase()} on ${document.pairs.join(', ')}, ${timeText(document.from)} to ${timeText(document.to)} UTC`;

const dataLine = (document: BacktestDocument): string =>
  `${count(document.candles, 'candle')} of ${intervalName(document.intervalMs)}${document.missing > 0 ? ` (${plain(document.missing)} missing)` : ''}, ${[...new Set(document.data.map(({ exchange }) => exchange))].join(', ')}`;

function curve(document: BacktestDocument): readonly string[] {
  const { metrics, daily } = document;
  const values = [Number(metrics.startEquity), ...daily.map(([, value]) => value)];
  if (values.length < 3) return [];
  const places = placesOf(metrics.quote);
  const [top, bottom] = [Math.max(...values), Math.min(...values)].map((value) => plain(value, places));
  const labels = { top: top!, bottom: bottom!, left: dayText(document.from), right: dayText(document.to) };
  return [`Equity, ${metrics.quote}`, ...plot(values, width - Math.max(top!.length, bottom!.length) - 4, 7, labels)];
}

const bandText = (band: Band, text: (value: number) => string): string =>
  `${text(band.p5)} … ${text(band.median)} … ${text(band.p95)}`;

function luck({ dealPaths, startDates, metrics, seed }: BacktestDocument): readonly string[] {
  if (dealPaths === null && startDates === null) return [];
  const quote = (value: number): string => plain(value, placesOf(metrics.quote));
  const lines = ['', `Luck (5 % … median … 95 %${seed === null ? '' : `; seed ${seed}`})`];
  if (dealPaths !== null)
    lines.push(
      `  same deals, other order   largest fall ${bandText(dealPaths.shuffled.drawdown, (it) => percent(it, 1))}`,
      `  deals drawn again         end ${bandText(dealPaths.drawn.end, quote)} ${metrics.quote}`,
      `                            largest fall ${bandText(dealPaths.drawn.drawdown, (it) => percent(it, 1))}; ${percent(dealPaths.drawn.shareLosing, 1)} lose`,
    );
  if (startDates !== null)
    lines.push(
      `  begun on other days       ${plain(startDates.runs)} runs of ${plain(startDates.days, 1)} days: ${bandText(startDates.return, (it) => signedPercent(it, 1))}`,
      `                            largest fall ${bandText(startDates.drawdown, (it) => percent(it, 1))}; ${percent(startDates.shareLosing, 0)} lose,`,
      `                            ${percent(startDates.shareAboveHolding, 0)} do better than holding`,
    );
  return lines;
}

function months({ metrics }: BacktestDocument): readonly string[] {
  if (metrics.months.length < 2) return [];
  const cells = metrics.months.map(({ month, return: gain }) => `${month} ${signedPercent(gain, 1).padStart(9)}`);
  const lines: string[] = [];
  for (let at = 0; at < cells.length; at += 4) lines.push(`  ${cells.slice(at, at + 4).join('  ')}`);
  return ['', 'Months', ...lines];
}

export function terminalReport(document: BacktestDocument): string {
  const lines = [headline(document), dataLine(document), ''];
  for (const warning of document.warnings) lines.push(wrap(warning, '! ', '  '));
  if (document.warnings.length > 0) lines.push('');
  lines.push(...curve(document));
  for (const { title, figures } of figureGroups(document)) {
    lines.push('', title);
    for (const { name, value } of figures) lines.push(`  ${name.padEnd(22)} ${value}`);
  }
  if (document.otherPath !== null) {
    const { path, profit, totalReturn, drawdown } = document.otherPath;
    const { quote } = document.metrics;
    lines.push(
      `  ${`On the ${path} path`.padEnd(22)} ${money(profit, placesOf(quote))} ${quote} (${signedPercent(totalReturn)}), largest fall ${percent(drawdown)}`,
    );
  }
  lines.push(...months(document), ...luck(document), '', 'Assumed');
  for (const sentence of document.assumed) lines.push(wrap(sentence, '  ', '    '));
  for (const { pair, tick, lot, minNotional, source } of document.rules)
    lines.push(wrap(`${pair}: tick ${tick}, lot ${lot}, least order ${minNotional} (${source}).`, '  ', '    '));
  lines.push('', wrap(`Settings ${JSON.stringify(document.settings)}`, '', '  '));
  lines.push(`Hash ${document.hash}`);
  return lines.join('\n');
}
