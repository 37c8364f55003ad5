/** A report as one page: no script, nothing fetched, all of it in the file. What comes from settings and data is escaped. */
import { intervalName } from '../data/series.ts';
import type { Band } from '../monte-carlo/bands.ts';
import { candleChart, distributionChart, drawdownChart, equityChart } from './charts.ts';
import type { BacktestDocument } from './document.ts';
import { style } from './style.ts';
import { type Figure, figureGroups } from './summary.ts';
import { escaped } from './svg.ts';
import { headline } from './terminal.ts';
import { count, inFile, lengthText, money, percent, placesOf, plain, signedPercent, timeText } from './words.ts';

const dealsShown = 200;

const section = (title: string, ...parts: readonly string[]): string => `<section><h2>${title}</h2>${parts.join('\n')}</section>`;

const term = ({ name, value, about, tone }: Figure): string =>
  `<dt title="${escaped(about)}">${escaped(name)}</dt><dd${tone === undefined ? '' : ` class="${tone}"`}>${escaped(value)}</dd>`;

function lead({ metrics, pairs, otherPath }: BacktestDocument): string {
  const holding = `holding ${pairs[0]} would have made ${signedPercent(metrics.buyAndHold)}`;
  const other = otherPath === null ? '' : `; on the ${otherPath.path} path it makes ${signedPercent(otherPath.totalReturn)}`;
  return `The bot makes ${signedPercent(metrics.totalReturn)} and falls by ${percent(metrics.drawdown)} on the way; ${holding}${other}.`;
}

const warnings = ({ warnings: all }: BacktestDocument): string =>
  all.length === 0
    ? ''
    : `<div class="note"><h2>Read this first</h2><ul>${all.map((text) => `<li>${escaped(text)}</li>`).join('')}</ul></div>`;

const figures = (document: BacktestDocument): string =>
  `<section><div class="figures">${figureGroups(document)
    .map(({ title, figures: rows }) => `<div><h2>${title}</h2><dl>${rows.map(term).join('')}</dl></div>`)
    .join('')}</div>
<details><summary>How these are made</summary><dl>${figureGroups(document)
    .flatMap(({ figures: rows }) => rows.map(({ name, about }) => `<dt>${escaped(name)}</dt><dd>${escaped(about)}</dd>`))
    .join('')}</dl></details></section>`;

/** Years down, months across; colour by size, the number always there. */
function monthTable({ metrics }: BacktestDocument): string {
  const years = Map.groupBy(metrics.months, ({ month }) => month.slice(0, 4));
  const most = Math.max(0.001, ...metrics.months.map((it) => Math.abs(it.return ?? 0)));
  const cell = (gain: number | null, title: string): string => {
    const strength = Math.round((Math.min(1, Math.abs(gain ?? 0) / most) * 0.5 + 0.05) * 100) / 100;
    const colour = (gain ?? 0) < 0 ? '--loss-rgb' : '--gain-rgb';
    return `<td style="background:rgb(var(${colour}) / ${gain === null || gain === 0 ? 0 : strength})" title="${escaped(title)}">${signedPercent(gain, 1)}</td>`;
  };
  const rows = [...years].map(([year, months]) => {
    const byMonth = new Map(months.map((it) => [Number(it.month.slice(5)), it]));
    const cells = Array.from({ length: 12 }, (_, at) => {
      const it = byMonth.get(at + 1);
      if (it === undefined) return '<td></td>';
      const closed = `${count(it.deals, 'deal')} closed for ${money(it.realised, placesOf(metrics.quote))} ${metrics.quote}, largest fall ${percent(it.drawdown)}`;
      return cell(it.return, closed);
    });
    const whole = months.reduce((product, it) => product * (1 + (it.return ?? 0)), 1) - 1;
    return `<tr><th scope="row">${year}</th>${cells.join('')}${cell(whole, 'the months together')}</tr>`;
  });
  const names = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec', 'All'];
  return `<div class="wide"><table class="months"><thead><tr><th></th>${names.map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>
<p class="soft">Change of equity, open deals included; days and months of UTC.</p>`;
}

function spread(document: BacktestDocument): string {
  const { distribution, quote } = document.metrics;
  const rows = distribution.quantiles.map(
    ({ at, value }) =>
      `<dt>${at === 0 ? 'Worst' : at === 1 ? 'Best' : `${percent(at, 0)} at most`}</dt><dd>${money(value, placesOf(quote))} ${quote}</dd>`,
  );
  return `${distributionChart(document)}<details><summary>Quantiles</summary><dl>${rows.join('')}</dl></details>`;
}

function luck(document: BacktestDocument): string {
  const { dealPaths, startDates, metrics, seed } = document;
  if (dealPaths === null && startDates === null) return '';
  const places = placesOf(metrics.quote);
  const shares = (value: number): string => percent(value, 1);
  const gains = (value: number): string => signedPercent(value, 1);
  const row = (name: string, band: Band, text: (value: number) => string): string =>
    `<tr><th scope="row">${name}</th>${[band.least, band.p5, band.p25, band.median, band.p75, band.p95, band.most].map((value) => `<td class="n">${text(value)}</td>`).join('')}</tr>`;
  const rows = [
    ...(dealPaths === null
      ? []
      : [
          row('Same deals in other orders: largest fall', dealPaths.shuffled.drawdown, shares),
          row(`Deals drawn again: equity at the end, ${metrics.quote}`, dealPaths.drawn.end, (value) => plain(value, places)),
          row('Deals drawn again: largest fall', dealPaths.drawn.drawdown, shares),
        ]),
    ...(startDates === null
      ? []
      : [
          row(`Begun on other days, ${plain(startDates.days, 1)} days each: return`, startDates.return, gains),
          row('Begun on other days: largest fall', startDates.drawdown, shares),
        ]),
  ];
  const head = ['', 'Least', '5 %', '25 %', 'Median', '75 %', '95 %', 'Most'];
  const said = [
    dealPaths === null
      ? ''
      : `${plain(dealPaths.runs)} orders; ${shares(dealPaths.drawn.shareLosing)} of those drawn again lose. Deals count at their end: falls inside a deal are not in these.`,
    startDates === null
      ? ''
      : `${plain(startDates.runs)} beginnings, each run for itself; ${shares(startDates.shareLosing)} lose, ${shares(startDates.shareAboveHolding)} do better than holding; the worst begins on ${timeText(startDates.worst.from)}.`,
    seed === null ? '' : `Seed ${seed}.`,
  ];
  return section(
    'How much of it is luck',
    `<div class="wide"><table><thead><tr>${head.map((name, at) => `<th scope="col"${at === 0 ? '' : ' class="n"'}>${name}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div><p class="soft">${said.filter(Boolean).join(' ')}</p>`,
  );
}

function dealTable(document: BacktestDocument): string {
  const { quote } = document.metrics;
  const places = placesOf(quote);
  const rows = document.deals.slice(0, dealsShown).map((deal) => {
    const tone = deal.profit.startsWith('-') ? 'bad' : 'good';
    return `<tr><td class="n">${deal.number}</td><td>${escaped(deal.pair)}</td><td>${timeText(deal.openedAt)}</td><td>${lengthText(deal.closedAt - deal.openedAt)}</td><td>${deal.ending}</td><td class="n">${deal.averagingOrdersFilled}</td><td class="n">${money(deal.spent, places)}</td><td class="n ${tone}">${money(deal.profit, places)}</td></tr>`;
  });
  const left = document.dealCount - rows.length;
  const head =
    '<th class="n">Deal</th><th>Pair</th><th>Opened</th><th>Took</th><th>Ended by</th><th class="n">Averaging</th><th class="n">Spent</th><th class="n">Profit</th>';
  return `<details><summary>${count(document.dealCount, 'deal')}${left > 0 ? `, the first ${dealsShown} here` : ''}</summary><div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>${left > 0 ? `<p class="soft">${count(left, 'deal')} more: the CSV file has all.</p>` : ''}</details>`;
}

function candleSection(document: BacktestDocument): string {
  const near = document.closeUps.map(
    (closeUp) => `<div><h3>Deal ${closeUp.deal}: ${closeUp.title}</h3>${candleChart(document, closeUp, 300)}</div>`,
  );
  const kept =
    document.fillCount > document.fills.length
      ? ` The first ${plain(document.fills.length)} of ${plain(document.fillCount)} fills are drawn.`
      : '';
  return section(
    'Deals on candles',
    candleChart(document, document.bars, 380),
    `<p class="key"><span><i class="won"></i>deal won</span><span><i class="lost"></i>deal lost</span><span>▲ buy</span><span>▼ sale</span><span>bars of ${intervalName(document.bars.barMs)}.${kept}</span></p>`,
    near.length === 0 ? '' : `<div class="closeups">${near.join('')}</div>`,
    dealTable(document),
  );
}

function basis(document: BacktestDocument): string {
  const data = document.data.map(
    ({ exchange, pair, sha256, ...file }) =>
      `<dt>${escaped(pair)}</dt><dd>${escaped(exchange)}, ${inFile(file)}${sha256 === null ? '' : `, SHA-256 <code>${escaped(sha256)}</code>`}</dd>`,
  );
  const rules = document.rules.map(
    ({ pair, tick, lot, minNotional, source }) =>
      `<li>${escaped(pair)}: tick ${tick}, lot ${lot}, least order ${minNotional} (${escaped(source)}).</li>`,
  );
  const commit = document.code.commit === null ? '' : `, commit <code>${escaped(document.code.commit)}</code>`;
  return [
    section(
      'Assumed',
      `<ul class="plain">${document.assumed.map((text) => `<li>${escaped(text)}</li>`).join('')}${rules.join('')}</ul>`,
    ),
    section('Settings', `<pre>${escaped(JSON.stringify(document.settings, null, 2))}</pre>`),
    section(
      'Data and code',
      `<dl>${data.join('')}<dt>Used</dt><dd>${plain(document.candles)} candles, ${plain(document.missing)} missing</dd><dt>Code</dt><dd>Holdfast ${escaped(document.code.version)}${commit}</dd><dt>Made</dt><dd>${timeText(document.madeAt)} UTC</dd><dt>Hash of the run</dt><dd><code>${escaped(document.hash)}</code></dd></dl>`,
    ),
  ].join('\n');
}

export function htmlReport(document: BacktestDocument): string {
  const title = headline(document);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>Holdfast: ${escaped(title)}</title><link rel="icon" href="data:,"><style>${style}</style></head><body><main>
<header><h1>${escaped(document.kind.toUpperCase())} on ${escaped(document.pairs.join(', '))}</h1>
<p class="soft">${timeText(document.from)} to ${timeText(document.to)} UTC, ${plain(document.candles)} candles of ${intervalName(document.intervalMs)}</p>
<p class="lead">${escaped(lead(document))}</p></header>
${warnings(document)}
${figures(document)}
${section('Equity', equityChart(document), `<p class="key"><span><i></i>equity, at the last close of each day</span><span><i class="hold"></i>holding ${escaped(document.pairs[0]!)}</span></p>`)}
${section('Falls from the highest equity', drawdownChart(document), `<p class="soft">By day; the figure above is over all candle closes.</p>`)}
${candleSection(document)}
${section('Months', monthTable(document))}
${section('Profit of deals', spread(document))}
${luck(document)}
${basis(document)}
</main></body></html>
`;
}
