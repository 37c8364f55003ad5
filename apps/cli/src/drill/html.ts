/** The drill as one page for people: no script, nothing from elsewhere. */
import type { DrillResult } from './drill.ts';
import { duration, freezeText, howText, refusalText, usd } from './report.ts';
import type { ScenarioResult } from './scenario.ts';

const style = `
  :root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --line: #d9dce1; --bad: #c62a2f; --good: #18794e; --bar: #e5484d; --held: #30a46c; }
  @media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --soft: #b0b4ba; --line: #363a3f; --bad: #ff9592; --good: #3dd68c; } }
  body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.7rem; margin-bottom: .2rem } h2 { font-size: 1.15rem; margin: 2.2rem 0 .2rem }
  p { margin: .3rem 0 } .soft { color: var(--soft) } .bad { color: var(--bad) } .good { color: var(--good) }
  .wide { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .93rem }
  th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top } td.n, th.n { text-align: right }
  .bar { height: .55rem; border-radius: .2rem; min-width: 2px; margin: .15rem 0 } .without { background: var(--bar) } .with { background: var(--held) }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .5rem 0; font-size: .93rem } dt { color: var(--soft) } dd { margin: 0 }
`;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (letter) => escapes[letter] ?? letter);

export function htmlOf(result: DrillResult): string {
  const robbery = result.scenarios[0]!;
  const verdict = result.withinBound
    ? '<p class="good">No measured loss passed the number that was computed before.</p>'
    : '<p class="bad"><strong>A measured loss passed its bound: this vault must not be used.</strong></p>';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Holdfast: the drill</title><style>${style}</style></head><body>
<h1>The robbery of 2022, played again</h1>
<p>Then, the keys of a hosted bot service lay in its database. Whoever had them needed no right to withdraw: they made the accounts buy a coin that they held themselves.
Here ${robbery.victims} accounts with 20,000 USD each are robbed twice: with the keys in a database as then, and behind the vault, with everything else in the thief's hands.</p>
<p><strong>With keys in a database they lose ${usd(robbery.withoutVaultLossUsd)} USD. Behind the vault they lose ${usd(robbery.lossUsd)} USD.</strong></p>
${verdict}
<p class="soft">Lost means: value given minus value received at the true price at the time of each fill, plus fees; what the market does does not count. All sums are of all victims together.</p>
<div class="wide"><table><thead><tr><th>Scenario</th><th class="n">Lost without vault</th><th class="n">Lost with vault</th><th class="n">Thief’s gain</th><th class="n">Bound</th><th class="n">Time to freeze</th><th>Orders</th></tr></thead>
<tbody>${result.scenarios.map(summaryRow).join('')}</tbody></table></div>
${result.scenarios.map(section).join('\n')}
<p class="soft">Seed ${result.seed}; the same seed plays the same drill. It took ${duration(result.ms)}.</p>
</body></html>
`;
}

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;

const summaryRow = (it: ScenarioResult): string =>
  `<tr><td>${escaped(it.name)}</td><td class="n">${usd(it.withoutVaultLossUsd)}</td><td class="n">${usd(it.lossUsd)}</td>` +
  `<td class="n">${usd(it.attackerGainUsd)}</td><td class="n">${usd(it.boundUsd)}</td><td class="n">${escaped(freezeText(it))}</td>` +
  `<td>${it.orders}, ${it.approved} approved</td></tr>`;

function section(it: ScenarioResult): string {
  const most = Math.max(it.withoutVaultLossUsd, it.lossUsd, 1);
  const width = (value: number): string => `${Math.max(0, Math.min(100, (100 * value) / most)).toFixed(2)}%`;
  const conditions = Object.entries(it.conditions).map(([condition, count]) => `${count} ${condition}`);
  const row = (name: string, text: string): string => (text === '' ? '' : `<dt>${name}</dt><dd>${escaped(text)}</dd>`);
  const refusals = Object.entries(it.refusals)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 6)
    .map(([code, count]) => row(`${code} × ${count}`, it.reasons[code] ?? ''));
  return `<h2>${escaped(it.name)}${it.withinBound ? '' : ' <span class="bad">bound passed</span>'}</h2>
<p>${escaped(sentence(it.title))}</p>
<div class="bar without" style="width:${width(it.withoutVaultLossUsd)}"></div><div class="bar with" style="width:${width(it.lossUsd)}"></div>
<p class="soft">${usd(it.withoutVaultLossUsd)} without the vault, ${usd(it.lossUsd)} with it.</p>
<dl>${row('Bound', `${usd(it.boundUsd)} USD: ${it.boundFormula}`)}${row('With forged prices', `${usd(it.boundForgedUsd)} USD: ${it.boundForgedFormula}`)}
${row('Worst account', `${usd(it.worstAccountDayUsd)} USD in 24 h, bound ${usd(it.accountDayBoundUsd)}`)}${row('Accounts after', conditions.join(', '))}
${row('Stopped', it.timeToFreezeText)}${row('Stopped by', it.stoppedBy.join('; '))}${row('Refused', refusalText(it.refusals))}${refusals.join('')}${row('Played', howText(it.how))}</dl>`;
}
