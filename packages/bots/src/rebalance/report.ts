/** What a rebalancing bot says about itself. */
import { type BotReport, baseOf, utcText } from '@holdfast/domain';
import { held } from '../orders/sub-book.ts';
import { quoteOfAll } from './needs.ts';
import type { RebalanceSettings } from './settings.ts';
import type { RebalanceState } from './state.ts';

export function report(settings: RebalanceSettings, state: RebalanceState): BotReport {
  const assets = [quoteOfAll(settings), ...settings.targets.map(({ pair }) => baseOf(pair))];
  return {
    state: state.run !== null ? 'deal-open' : state.running ? 'idle' : 'stopped',
    waitingFor: waitingFor(settings, state),
    deals: [],
    dealsClosed: state.dealsClosed,
    realised: state.realised,
    holdings: assets.map((asset) => ({ asset, amount: held(state.book, asset) })),
    dust: [],
    kept: [],
  };
}

function waitingFor(settings: RebalanceSettings, state: RebalanceState): string {
  const { run, halted, holdup, orders, stoppedBecause, nextAt } = state;
  if (run !== null) {
    const what = `run ${run.number} (${run.phase})`;
    if (orders.length > 0) return `the answers to ${orders.length} orders of ${what}`;
    if (halted.length > 0) return `trading of ${halted.join(', ')} to go on for ${what}; the exchange has halted it`;
    return holdup === null ? `prices for ${what}` : `${utcText(holdup.at)} to go on with ${what}: ${holdup.reason}`;
  }
  if (!state.running) {
    const why = stoppedBecause === null ? '' : `: ${stoppedBecause.reason} (${stoppedBecause.code})`;
    return `stopped${why}; resume it to rebalance again`;
  }
  const threshold =
    settings.threshold > 0n ? [`a share to stray by its threshold, looked at each ${settings.checkInterval}`] : [];
  const schedule = nextAt === null ? [] : [`${utcText(nextAt)} to rebalance`];
  return [...threshold, ...schedule].join(', or ') || 'the first event';
}
