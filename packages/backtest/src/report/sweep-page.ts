/** A sweep as one page: no script, nothing fetched. What comes from settings and data is escaped. */
import type { Band } from '../monte-carlo/bands.ts';
import type { SweepDocument, WalkReport } from '../sweep/document.ts';
import { profitsOfBest } from '../sweep/warnings.ts';
import { style } from './style.ts';
import { across, at, drawing, escaped, extent, frame, polyline, timeAxis, upward, valueAxis } from './svg.ts';
import {
  caseName,
  luckSentences,
  partCells,
  partHead,
  pathSentences,
  sweepHeadline,
  trialTable,
  triedText,
  variedText,
  walkSums,
} from './sweep-text.ts';
import { dayText, inFile, percent, plain, signedPercent, timeText } from './words.ts';

const trialsShown = 25;

const section = (title: string, ...parts: readonly string[]): string => `<section><h2>${title}</h2>${parts.join('\n')}</section>`;

/** The first `texts` columns are words, the others numbers. */
function table(head: readonly string[], rows: readonly (readonly string[])[], texts = 1): string {
  const place = (index: number): string => (index < texts ? '' : ' class="n"');
  const cell = (text: string, index: number): string => {
    const tone = text.startsWith('+') ? 'n good' : /^-\d/.test(text) ? 'n bad' : 'n';
    return index < texts ? `<td>${escaped(text)}</td>` : `<td class="${tone}">${escaped(text)}</td>`;
  };
  const headers = head.map((name, index) => `<th scope="col"${place(index)}>${escaped(name)}</th>`).join('');
  return `<div class="wide"><table><thead><tr>${headers}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('')}</tbody></table></div>`;
}

const list = (texts: readonly string[]): string =>
  `<ul class="plain">${texts.map((text) => `<li>${escaped(text)}</li>`).join('')}</ul>`;

function lead({ best, walk }: SweepDocument): string {
  const found = best === null ? null : profitsOfBest(best);
  const chosen =
    found === null ? 'No settings met what is required.' : `The best made ${signedPercent(found.train)} where it was chosen`;
  const seen = found === null ? '' : found.test === null ? '.' : ` and ${signedPercent(found.test)} on what it had not seen.`;
  const walked =
    walk === null
      ? ''
      : ` Choosing settings again and again made ${signedPercent(walk.outOfSample.profit)} on what came after; holding made ${signedPercent(walk.outOfSample.buyAndHold)}.`;
  return `${chosen}${seen}${walked}`;
}

function walkChart({ windows, outOfSample: { daily } }: WalkReport): string {
  const [from, to] = [windows[0]?.split ?? 0, windows.at(-1)?.to ?? 1];
  const points = [[from, 0] as const, ...daily.map(([time, value]) => [time, value - 1] as const)];
  const box = frame(260);
  const [x, y] = [across(box, from, to), upward(box, ...extent(points.map(([, value]) => value)))];
  const bounds = windows
    .slice(1)
    .map(({ split }) => `<path class="start" d="M${at(x(split))} ${box.top}V${box.height - box.bottom}"/>`);
  return drawing(
    box,
    `Out of sample ${signedPercent((daily.at(-1)?.[1] ?? 1) - 1)}`,
    valueAxis(box, y, (value) => percent(value, y.to - y.from < 0.02 ? 2 : 1)),
    timeAxis(box, x),
    ...bounds,
    `<path class="curve" d="${polyline(points.map(([time, value]) => [x(time), y(value)] as const))}"/>`,
  );
}

function walkSection(walk: WalkReport): string {
  const mean = (rows: WalkReport['windows'][number]['test'], name: string): string => {
    const known = rows.map((it) => it?.[name]).filter((it) => it !== undefined);
    return signedPercent(known.length === 0 ? null : known.reduce((sum, it) => sum + it, 0) / known.length);
  };
  const rows = walk.windows.map(({ from, split, to, varied, train, test }) => [
    `${dayText(from)} to ${dayText(split)}`,
    `${dayText(split)} to ${dayText(to)}`,
    varied === null ? 'none met what is required' : variedText(varied),
    mean(train, 'profit'),
    mean(test, 'profit'),
    mean(test, 'buyAndHold'),
  ]);
  const sums = walkSums(walk.outOfSample).map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`);
  return section(
    'Walk-forward: what choosing settings was worth',
    `<p class="soft">Settings are chosen on what came before and tried on what came after, again and again. Only what was never seen counts.</p>`,
    walkChart(walk),
    `<p class="key"><span><i></i>profit out of sample, at the end of each day; other settings begin at the dotted lines</span></p>`,
    table(['Chosen by', 'Tested on', 'Settings', 'Where chosen', 'Never seen', 'Held'], rows, 3),
    `<dl style="margin-top:1rem">${sums.join('')}<dt>Tried</dt><dd>${plain(walk.trials)} settings in all windows</dd></dl>`,
  );
}

function bestSection(document: SweepDocument): string {
  const { best } = document;
  if (best === null) return '';
  const rows = best.cases.flatMap((of) => {
    const name = caseName(document, of);
    const span = ({ from, to }: { from: number; to: number }): string => `${timeText(from)} to ${timeText(to)}`;
    return [
      [...partCells(`${name}, chosen by`, of.train), span(of.train)],
      ...(of.test === null ? [] : [[...partCells(`${name}, never seen`, of.test), span(of.test)]]),
    ];
  });
  return [
    section(
      'The best settings',
      `<p><b>${escaped(variedText(best.varied))}</b></p>`,
      table([...partHead, 'UTC'], rows),
      `<p class="soft">Run by the bot itself. Believe what was never seen.</p>`,
      list(pathSentences(document)),
    ),
    section('How much of it is luck', list(luckSentences(document)), bands(document)),
    sensitivity(document),
  ].join('\n');
}

function bands(document: SweepDocument): string {
  const shares = (value: number): string => percent(value, 1);
  const row = (name: string, band: Band, text: (value: number) => string): readonly string[] => [
    name,
    ...[band.least, band.p5, band.p25, band.median, band.p75, band.p95, band.most].map(text),
  ];
  const rows = (document.best?.cases ?? []).flatMap((of) => {
    const [name, paths] = [caseName(document, of), (of.test ?? of.train).dealPaths];
    return [
      ...(paths === null ? [] : [row(`${name}: same deals in other orders, largest fall`, paths.shuffled.drawdown, shares)]),
      ...(of.startDates === null
        ? []
        : [
            row(`${name}: begun on other days, return`, of.startDates.return, (value) => signedPercent(value, 1)),
            row(`${name}: begun on other days, largest fall`, of.startDates.drawdown, shares),
          ]),
    ];
  });
  return rows.length === 0 ? '' : table(['', 'Least', '5 %', '25 %', 'Median', '75 %', '95 %', 'Most'], rows);
}

/** For each setting the best score at each of its values: a flat top may be trusted, a spike may not. */
function sensitivity({ best }: SweepDocument): string {
  if (best?.sensitivity == null) return '';
  const drawings = Object.entries(best.sensitivity.bySetting).map(([field, values]) => {
    const box = frame(170);
    const scores = values.map(({ best: score }) => score).filter(Number.isFinite);
    const y = upward(box, ...extent(scores, 0.1));
    const wide = (box.width - box.left - box.right) / values.length;
    const every = Math.ceil(values.length / 12);
    const bars = values.map(({ value, best: score }, index) => {
      const left = box.left + index * wide;
      const chosen = String(best.varied[field]) === String(value);
      const top = Number.isFinite(score) ? y(score) : box.height - box.bottom;
      const bar = `<path class="bin ${chosen ? 'won' : 'other'}" d="M${at(left + wide * 0.1)} ${box.height - box.bottom}V${at(top)}h${at(wide * 0.8)}V${box.height - box.bottom}Z"><title>${escaped(`${field} ${value}: ${Number.isFinite(score) ? score.toPrecision(4) : 'no score'}`)}</title></path>`;
      const label =
        index % every === 0
          ? `<text x="${at(left + wide / 2)}" y="${box.height - 8}" text-anchor="middle">${escaped(String(value).slice(0, 12))}</text>`
          : '';
      return bar + label;
    });
    return `<div><h3>${escaped(field)}</h3>${drawing(
      box,
      `Best score by ${field}`,
      valueAxis(box, y, (value) => value.toPrecision(3)),
      ...bars,
    )}</div>`;
  });
  return section(
    'Around the best',
    `<p class="soft">The best score at each value of a setting, whatever the others are; the value chosen is filled.</p>`,
    `<div class="closeups">${drawings.join('')}</div>`,
  );
}

function basis(document: SweepDocument): string {
  const { data, code, madeAt, hash, asked, best } = document;
  const series = data.map(
    ({ exchange, pair, sha256, ...file }) =>
      `<dt>${escaped(pair)}</dt><dd>${escaped(exchange)}, ${inFile(file)}${sha256 === null ? '' : `, SHA-256 <code>${escaped(sha256)}</code>`}</dd>`,
  );
  const commit = code.commit === null ? '' : `, commit <code>${escaped(code.commit)}</code>`;
  return [
    section(
      'Settings',
      `<details><summary>Settings of the best, complete</summary><pre>${escaped(JSON.stringify(best?.settings ?? null, null, 2))}</pre></details>`,
      `<details><summary>What was asked</summary><pre>${escaped(JSON.stringify(asked, null, 2))}</pre></details>`,
    ),
    section(
      'Data and code',
      `<dl>${series.join('')}<dt>Code</dt><dd>Holdfast ${escaped(code.version)}${commit}</dd><dt>Made</dt><dd>${timeText(madeAt)} UTC</dd><dt>Hash of the runs</dt><dd><code>${escaped(hash)}</code></dd></dl>`,
    ),
  ].join('\n');
}

export function sweepPage(document: SweepDocument): string {
  const { warnings, walk, axes } = document;
  const fields = axes.map(({ field }) => field);
  const trials = trialTable(fields, document.top.slice(0, trialsShown));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>Holdfast: ${escaped(sweepHeadline(document))}</title><link rel="icon" href="data:,"><style>${style}
svg .bin.other { fill: var(--line) }</style></head><body><main>
<header><h1>${escaped(document.kind.toUpperCase())} on ${escaped(document.pairs.join(', '))}: ${plain(document.trials)} settings</h1>
<p class="soft">${escaped(sweepHeadline(document))}. Tried ${escaped(triedText(document))}.</p>
<p class="lead">${escaped(lead(document))}</p></header>
${warnings.length === 0 ? '' : `<div class="note"><h2>Read this first</h2><ul>${warnings.map((text) => `<li>${escaped(text)}</li>`).join('')}</ul></div>`}
${walk === null ? '' : walkSection(walk)}
${bestSection(document)}
${section('The best by score, where they were chosen', table(trials.head, trials.rows, fields.length))}
${basis(document)}
</main></body></html>
`;
}
